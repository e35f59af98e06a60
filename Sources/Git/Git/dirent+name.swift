internal import Glibc

extension UnsafeMutablePointer where Pointee == dirent {
  /// The entry's name. Bytes that are not UTF-8 are replaced: for comparing with names of ours.
  var name: String {
    withUnsafeBytes(of: &pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
