import Glibc

/// Functions that glibc has but shows only to programs that define `_GNU_SOURCE`, which Swift's `Glibc` module does not.
enum GlibcOnly {
  typealias SpawnActions = UnsafeMutablePointer<posix_spawn_file_actions_t>

  /// Since glibc 2.9: makes a pipe whose ends are closed on exec, with no moment at which they are not.
  static let pipe2 = find("pipe2", as: (@convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32).self)
  /// Since glibc 2.34: the child closes every descriptor from this number on.
  static let closeFrom = find(
    "posix_spawn_file_actions_addclosefrom_np", as: (@convention(c) (SpawnActions, Int32) -> Int32).self)
  /// Since glibc 2.29: the child changes its directory.
  static let changeDirectory = find(
    "posix_spawn_file_actions_addchdir_np", as: (@convention(c) (SpawnActions, UnsafePointer<CChar>) -> Int32).self)

  private static func find<Function>(_ name: String, as type: Function.Type) -> Function {
    guard let symbol = dlsym(nil, name) else { preconditionFailure("glibc 2.34 or newer is needed: no \(name)") }
    return unsafeBitCast(symbol, to: type)
  }
}
