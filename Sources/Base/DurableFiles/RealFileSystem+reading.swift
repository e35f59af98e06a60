import Glibc
package import SystemPackage

extension RealFileSystem {
  package func contents(of path: FilePath, limit: Int) throws(FileError) -> [UInt8]? {
    precondition(limit >= 0 && limit < Int.max, "a limit is a number of bytes")
    let descriptor: CInt
    do {
      descriptor = try openDescriptor(path, O_RDONLY, [], "read")
    } catch {
      if error.code == .noSuchFileOrDirectory || error.code == .notDirectory { return nil }
      throw error
    }
    // Nothing was written: the close has nothing to report.
    defer { close(descriptor) }
    let status = try descriptorStatus(descriptor, "read", path)
    switch status.kind {
    case .regular: break
    case .directory: throw FileError(.isDirectory, "read", path)
    case .symbolicLink, .other:
      throw FileError(.invalidArgument, "read", path, hint: "it is not a regular file")
    }
    guard status.size <= Int64(limit) else { throw RealFileSystem.tooLarge(path, limit) }
    return try RealFileSystem.readAll(descriptor, expected: Int(status.size), limit: limit, path)
  }

  /// Reads to the end, which a writer may have moved since `expected` was measured.
  private static func readAll(
    _ descriptor: CInt, expected: Int, limit: Int, _ path: FilePath
  ) throws(FileError) -> [UInt8] {
    let step = 65_536
    var length = 0
    // One byte more than expected: the read that finds the end needs no second round. Not filled with zeros first: a large file
    // would cost as much for that as for reading it.
    var failure = false
    var isAtEnd = false
    var bytes = [UInt8](unsafeUninitializedCapacity: expected + 1) { buffer, filled in
      while filled < buffer.count, !isAtEnd, !failure {
        let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[filled...]))
        let count = retryingInterrupts { read(descriptor, rest.baseAddress, rest.count) }
        failure = count == -1
        isAtEnd = count == 0
        filled += max(count, 0)
      }
      length = filled
    }
    if failure { throw FileError.last("read", path) }
    while !isAtEnd {
      guard length <= limit else { throw tooLarge(path, limit) }
      bytes.append(contentsOf: repeatElement(0, count: step))
      let count = bytes.withUnsafeMutableBytes { buffer in
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[length...])
        return retryingInterrupts { read(descriptor, rest.baseAddress, rest.count) }
      }
      guard count != -1 else { throw FileError.last("read", path) }
      isAtEnd = count == 0
      length += count
      bytes.removeLast(bytes.count - length)
    }
    guard length <= limit else { throw tooLarge(path, limit) }
    return bytes
  }

  private static func tooLarge(_ path: FilePath, _ limit: Int) -> FileError {
    FileError(.fileTooLarge, "read", path, hint: "it is larger than \(limit) bytes")
  }
}
