import SystemPackage

/// Reads small files that hold secrets.
enum SecretFile {
  /// Far more than any token or `.netrc`; whoever names a disk image by mistake gets an error.
  private static let maximumBytes = 1 << 20

  /// The file as text; `nil` when there is none.
  /// - Throws: `authentication_failed` when it is there and cannot be read.
  static func read(
    _ path: String, atMost maximumBytes: Int = maximumBytes, for subject: String
  ) throws(TransportError) -> String? {
    do {
      let file = try FileDescriptor.open(FilePath(path), .readOnly)
      return try file.closeAfter {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= maximumBytes {
          let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
          if count == 0 { return String(decoding: bytes, as: UTF8.self) }
          bytes += buffer[..<count]
        }
        throw Errno.fileTooLarge
      }
    } catch Errno.noSuchFileOrDirectory, Errno.notDirectory {
      return nil
    } catch {
      throw TransportError(
        .authenticationFailed, operation: "authenticate to", subject: subject,
        cause: "'\(path)' cannot be read: \(error)", hint: "make it readable for this user")
    }
  }
}
