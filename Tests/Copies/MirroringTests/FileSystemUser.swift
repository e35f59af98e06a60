import Glibc
import TestSupport

/// Who the calling thread is for the file system. Tests often run as root, which no permission stops.
enum FileSystemUser {
  /// The user and group `nobody` of every Linux distribution.
  static let nobody: UInt32 = 65_534

  private typealias Change = @convention(c) (UInt32) -> Int32

  /// Runs `body` without the privileges of root over files. Only this thread is changed: setfsuid(2) is the one identity of
  /// Linux that belongs to a thread and not to the process. For others than root nothing changes.
  @discardableResult
  static func withoutPrivileges<Result>(_ body: () throws -> Result) throws -> Result {
    guard geteuid() == 0 else { return try body() }
    let (changeGroup, changeUser) = (try function("setfsgid"), try function("setfsuid"))
    _ = changeGroup(nobody)
    _ = changeUser(nobody)
    defer {
      _ = changeUser(0)
      _ = changeGroup(0)
    }
    return try body()
  }

  /// Swift's module of glibc leaves `sys/fsuid.h` out.
  private static func function(_ name: String) throws -> Change {
    guard let symbol = dlsym(nil, name) else { throw TestSupportError("no function \(name)") }
    return unsafeBitCast(symbol, to: Change.self)
  }
}
