internal import GitValues
internal import Glibc

/// What a path names at this moment, links followed. Never opens or creates anything.
struct FileProbe {
  private let status: stat?

  init(_ path: String) {
    var found = stat()
    status = PathText.withCString(path) { stat($0, &found) } == 0 ? found : nil
  }

  var exists: Bool { status != nil }
  var isDirectory: Bool { status.map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }
  var isFile: Bool { status.map { $0.st_mode & S_IFMT == S_IFREG } ?? false }
  /// Bytes; 0 when there is nothing.
  var size: Int { status.map { Int($0.st_size) } ?? 0 }
  var owner: UInt32? { status?.st_uid }
  /// The permission bits.
  var mode: mode_t? { status.map { $0.st_mode & 0o7777 } }
}
