internal import DurableFiles
internal import Foundation
internal import Mirroring
internal import SystemPackage

/// A small JSON file of a copy that can be made anew: one that cannot be read is as none.
protocol DerivedRecord: Codable {
  /// 1.
  var format: Int { get }
}

extension DerivedRecord {
  /// `nil` when there is none that can be used.
  ///
  /// - Parameter limit: bytes; a longer one is as none.
  /// - Throws: `FileError` for a file that is there and cannot be opened.
  static func load(_ path: FilePath, limit: Int, through files: any FileSystemPort) throws -> Self? {
    guard let bytes = try files.contents(of: path, limit: limit) else { return nil }
    guard let read = try? JSONDecoder().decode(Self.self, from: Data(bytes)), read.format == 1 else { return nil }
    return read
  }

  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }
}
