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
    // One byte more than expected: the read that finds the end needs no second round.
    var bytes = [UInt8](repeating: 0, count: expected + 1)
    var length = 0
    while true {
      if length == bytes.count { bytes.append(contentsOf: repeatElement(0, count: step)) }
      let count = bytes.withUnsafeMutableBytes { buffer in
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[length...])
        return retryingInterrupts { read(descriptor, rest.baseAddress, rest.count) }
      }
      guard count != -1 else { throw FileError.last("read", path) }
      if count == 0 { break }
      length += count
      guard length <= limit else { throw tooLarge(path, limit) }
    }
    bytes.removeLast(bytes.count - length)
    return bytes
  }

  private static func tooLarge(_ path: FilePath, _ limit: Int) -> FileError {
    FileError(.fileTooLarge, "read", path, hint: "it is larger than \(limit) bytes")
  }
}
