internal import DurableFiles
internal import StateFiles
internal import SystemPackage

/// A small JSON file of a copy that can be derived again: an unreadable one counts as missing.
protocol DerivedRecord: Codable, Sendable {
  /// 1.
  var format: Int { get }
}

extension DerivedRecord {
  /// `nil` when there is none that can be used.
  ///
  /// - Parameter limit: bytes; a longer one is as none.
  /// - Throws: `FileError` for a file that is there and cannot be opened.
  static func load(_ path: FilePath, limit: Int, through files: any FileSystemPort) throws(FileError) -> Self? {
    try StateFile(path, format: .json(), limit: limit, through: files).readIfUsable()
  }

  /// The bytes of the file. Its writer stages them, so that a crash leaves no other file beside it.
  func encoded() throws -> [UInt8] { try StateFormat<Self>.json().encode(self) }
}
