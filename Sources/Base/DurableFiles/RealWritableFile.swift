import Glibc
import SystemPackage

/// An open descriptor of the kernel, closed when it is dropped.
final class RealWritableFile: WritableFile {
  private let path: FilePath
  /// Nil once closed.
  private var descriptor: CInt?

  /// Takes ownership of the descriptor.
  init(descriptor: CInt, path: FilePath) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit {
    if let descriptor { Glibc.close(descriptor) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    let descriptor = try open("write")
    var written = 0
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      let count = retryingInterrupts { Glibc.write(descriptor, rest.baseAddress, rest.count) }
      guard count != -1 else { throw FileError.last("write", path) }
      written += count
    }
  }

  func truncate(to length: Int) throws(FileError) {
    precondition(length >= 0, "a length is not negative")
    let descriptor = try open("truncate")
    guard retryingInterrupts({ ftruncate(descriptor, off_t(length)) }) == 0,
      lseek(descriptor, off_t(length), SEEK_SET) != -1
    else { throw FileError.last("truncate", path) }
  }

  func synchronize() throws(FileError) {
    let descriptor = try open("synchronize")
    guard retryingInterrupts({ fsync(descriptor) }) == 0 else { throw FileError.last("synchronize", path) }
  }

  func setPermissions(_ permissions: FilePermissions) throws(FileError) {
    let descriptor = try open("set the permissions of")
    guard retryingInterrupts({ fchmod(descriptor, permissions.rawValue) }) == 0 else {
      throw FileError.last("set the permissions of", path)
    }
  }

  func close() throws(FileError) {
    let descriptor = try open("close")
    self.descriptor = nil
    try closeDescriptor(descriptor, "close", path)
  }

  var length: Int {
    get throws(FileError) {
      Int(try descriptorStatus(try open("measure"), "measure", path).size)
    }
  }

  private func open(_ operation: String) throws(FileError) -> CInt {
    guard let descriptor else { throw FileError(.badFileDescriptor, operation, path) }
    return descriptor
  }
}
