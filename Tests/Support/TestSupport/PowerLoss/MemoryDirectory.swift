import DurableFiles
import Glibc
package import SystemPackage

/// A fresh directory in memory (`/dev/shm`, else the temporary directory), removed when it is dropped.
package final class MemoryDirectory: Sendable {
  package let path: FilePath

  package init(_ purpose: StaticString = "remora") throws {
    let base: FilePath = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    let unique = String(UInt64.random(in: .min ... .max), radix: 36)
    path = base.appending("\(purpose)-\(getpid())-\(unique)")
    try RealFileSystem().makeDirectory(path, permissions: FilePermissions(rawValue: 0o700))
  }

  deinit {
    // What cannot be removed is left to the machine's own sweep of its temporary directories; a test has ended.
    guard let name = path.lastComponent else { return }
    try? DirectoryHandle(path: path.removingLastComponent()).removeTree(Array(name.string.utf8CString))
  }
}
