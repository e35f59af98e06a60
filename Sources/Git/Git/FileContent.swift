internal import GitValues
internal import Glibc

/// All bytes of a file, read at once into memory of its own. Not mapped: a file that shrinks would be a SIGBUS.
final class FileContent {
  let bytes: UnsafeRawBufferPointer
  private let memory: UnsafeMutableRawBufferPointer

  /// `nil` when it cannot be read; `errno` says why.
  init?(_ path: String) {
    let file = PathText.withCString(path) { open($0, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { return nil }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, Int(status.st_size)), alignment: 1)
    var filled = 0
    while filled < status.st_size {
      let count = read(file, memory.baseAddress.map { $0 + filled }, Int(status.st_size) - filled)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        memory.deallocate()
        return nil
      }
      if count == 0 { break }
      filled += count
    }
    self.memory = memory
    bytes = UnsafeRawBufferPointer(rebasing: memory[0..<filled])
  }

  deinit { memory.deallocate() }
}
