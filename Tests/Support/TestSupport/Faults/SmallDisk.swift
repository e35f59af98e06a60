import Glibc

/// A file system of a few megabytes in memory, mounted where a test wants it.
package final class SmallDisk {
  /// Mounting takes root, and a system that lets it (not every container does).
  package static let isPossible: Bool = {
    guard geteuid() == 0, let place = try? TemporaryDirectory("mount") else { return false }
    guard let disk = try? SmallDisk(at: place.path, bytes: 1 << 20) else { return false }
    disk.unmount()
    return true
  }()

  private let path: String
  private var isMounted = true

  package init(at path: String, bytes: Int) throws {
    self.path = path
    guard mount("remora-test", path, "tmpfs", UInt(MS_NOSUID | MS_NODEV), "size=\(bytes),mode=755") == 0 else {
      throw TestSupportError("mount \(path): \(String(cString: strerror(errno)))")
    }
  }

  deinit { unmount() }

  package func makeReadOnly() throws { try remount(UInt(MS_RDONLY)) }
  package func makeWritable() throws { try remount(0) }

  /// Leaves no byte free.
  package func fill() throws {
    let file = open("\(path)/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw TestSupportError("open \(path)/filler: \(errno)") }
    defer { close(file) }
    let block = [UInt8](repeating: 1, count: 4_096)
    while write(file, block, block.count) == block.count {}
  }

  /// Frees what `fill` took.
  package func free() throws {
    guard unlink("\(path)/filler") == 0 else { throw TestSupportError("unlink \(path)/filler: \(errno)") }
  }

  /// Unmounts lazily, so that it also works while a process still uses it.
  package func unmount() {
    guard isMounted else { return }
    isMounted = false
    umount2(path, Int32(MNT_DETACH))
  }

  private func remount(_ flags: UInt) throws {
    guard mount(nil, path, nil, UInt(MS_REMOUNT | MS_NOSUID | MS_NODEV) | flags, nil) == 0 else {
      throw TestSupportError("remount \(path): \(String(cString: strerror(errno)))")
    }
  }
}
