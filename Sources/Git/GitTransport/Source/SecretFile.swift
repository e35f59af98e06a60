import GitValues
import SystemPackage

/// Reads small files that hold secrets.
enum SecretFile {
  /// Far more than any token or `.netrc`; a disk image that is named by mistake is an error.
  private static let maximumBytes = 1 << 20

  /// The file as text; `nil` when there is none. Bytes that are not UTF-8 become U+FFFD; a UTF-8 byte order mark is dropped.
  /// - Throws: `authentication_failed` when it is there and cannot be read, or is in UTF-16.
  static func read(
    _ path: String, atMost maximumBytes: Int = maximumBytes, for subject: String
  ) throws(TransportError) -> String? {
    guard let bytes = try readBytes(path, atMost: maximumBytes, for: subject) else { return nil }
    if let encoding = TextLines.foreignEncoding(of: bytes) {
      throw TransportError(
        .authenticationFailed, operation: "authenticate to", subject: subject,
        cause: "'\(path)' cannot be read: its encoding is \(encoding)", hint: "save it as UTF-8")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
  }

  /// The bytes of the file; `nil` when there is none.
  /// - Throws: `authentication_failed` when it is there and cannot be read.
  static func readBytes(
    _ path: String, atMost maximumBytes: Int = maximumBytes, for subject: String
  ) throws(TransportError) -> [UInt8]? {
    do {
      let file = try FileDescriptor.open(FilePath(pathText: path), .readOnly)
      return try file.closeAfter {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= maximumBytes {
          let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
          if count == 0 { return bytes }
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
