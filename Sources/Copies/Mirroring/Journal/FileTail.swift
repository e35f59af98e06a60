package import SystemPackage

/// Reads the end of a file that only grows.
package enum FileTail {
  /// The last `bytes` bytes of the file, or all of it when it is shorter. A missing file is empty.
  package static func read(_ path: FilePath, bytes: Int) throws -> [UInt8] {
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    } catch Errno.noSuchFileOrDirectory {
      return []
    }
    return try descriptor.closeAfter {
      let size = Int(try descriptor.seek(offset: 0, from: .end))
      let start = max(0, size - bytes)
      var filled = 0
      return try [UInt8](unsafeUninitializedCapacity: size - start) { buffer, count in
        while filled < size - start {
          let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
          let got = try descriptor.read(fromAbsoluteOffset: Int64(start + filled), into: rest)
          guard got > 0 else { break }
          filled += got
        }
        count = filled
      }
    }
  }
}
