package import DurableFiles
internal import Foundation
package import SystemPackage

/// A small JSON file that is replaced as a whole: state that does not fit in a table and is not derived from other files.
///
/// After a crash at any instruction the file has the old value or the new one; a temporary file may be left beside it
/// (`FileSystemPort.isLeftover`). Once `write` returns, the new value survives a loss of power.
///
/// One process writes it, the owner of its directory: of two writers at once the later rename wins.
package struct StateFile<Value: Sendable>: Sendable {
  package let path: FilePath
  private let format: StateFormat<Value>
  private let limit: Int
  private let permissions: FilePermissions
  private let files: any FileSystemPort

  /// - Parameters:
  ///   - limit: bytes; a longer file is refused with `EFBIG`.
  ///   - permissions: of each new file, less the process's umask. The owner is the user of the process.
  package init(
    _ path: FilePath, format: StateFormat<Value>, limit: Int = 1 << 20,
    permissions: FilePermissions = FilePermissions(rawValue: 0o600),
    through files: any FileSystemPort = RealFileSystem()
  ) {
    self.path = path
    self.format = format
    self.limit = limit
    self.permissions = permissions
    self.files = files
  }

  /// Reads the file; `nil` when there is none.
  ///
  /// For state that must not be lost: a file that cannot be read is not taken for a missing one.
  ///
  /// - Throws: `StateFileError` for the content, `FileError` for the file.
  package func read() throws -> Value? {
    guard let bytes = try files.contents(of: path, limit: limit) else { return nil }
    return try format.decode(bytes)
  }

  /// Reads a file that may be made anew; `nil` when there is none, or none that can be understood.
  package func readIfUsable() throws(FileError) -> Value? {
    try files.contents(of: path, limit: limit).flatMap(format.decodeIfUsable)
  }

  /// Replaces the file, durable on return.
  ///
  /// - Throws: `FileError`, and what `StateFormat.encode` throws. The file is as before then, unless only the fsync of
  ///   the directory failed (`FileSystemPort.replaceFile`).
  package func write(_ value: Value) throws {
    try files.replaceFile(path, with: try format.encode(value), permissions: permissions)
  }
}

/// How the value of a state file is written and read.
package struct StateFormat<Value: Sendable>: Sendable {
  private let encoding: @Sendable (Value) throws -> [UInt8]
  private let decoding: @Sendable ([UInt8]) throws -> Value

  /// A format of the caller's own.
  package init(
    encode: @escaping @Sendable (Value) throws -> [UInt8], decode: @escaping @Sendable ([UInt8]) throws -> Value
  ) {
    encoding = encode
    decoding = decode
  }

  /// The bytes of a file.
  ///
  /// - Throws: what the encoder throws, such as for a number that JSON cannot express.
  package func encode(_ value: Value) throws -> [UInt8] { try encoding(value) }

  /// The value of a file.
  ///
  /// - Throws: `newerFormat` for a higher version, whatever else the file holds; `damaged` for anything else.
  package func decode(_ bytes: [UInt8]) throws(StateFileError) -> Value {
    do {
      return try decoding(bytes)
    } catch let flaw as StateFileError {
      throw flaw
    } catch {
      throw .damaged("\(error)")
    }
  }

  /// The value of a file that can be made anew; `nil` for one that cannot be read.
  package func decodeIfUsable(_ bytes: [UInt8]) -> Value? {
    // The reason makes no difference: the caller makes the value anew.
    try? decode(bytes)
  }
}

extension StateFormat where Value: Codable {
  /// One JSON document with sorted keys and a newline at its end.
  ///
  /// Reading skips members that the value does not have.
  ///
  /// - Parameters:
  ///   - version: the member `format` of the documents that are read, which the value itself encodes; `nil` reads
  ///     documents with any or none.
  ///   - layout: makes no difference for reading.
  package static func json(version: Int? = 1, layout: JSONLayout = .oneLine) -> StateFormat {
    StateFormat { value in
      let encoder = JSONEncoder()
      encoder.outputFormatting =
        switch layout {
        case .oneLine: [.sortedKeys, .withoutEscapingSlashes]
        case .escapedSlashes: [.sortedKeys]
        case .indented: [.sortedKeys, .prettyPrinted]
        }
      return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    } decode: { bytes in
      let (decoder, data) = (JSONDecoder(), Data(bytes))
      if let version {
        let found = try decoder.decode(FormatMember.self, from: data).format
        if found > version { throw StateFileError.newerFormat(found) }
        if found < version { throw StateFileError.damaged("its format is \(found)") }
      }
      return try decoder.decode(Value.self, from: data)
    }
  }
}

private struct FormatMember: Decodable {
  let format: Int
}

/// The white space of a JSON document and how it writes slashes.
package enum JSONLayout: Sendable {
  /// One line; slashes are not escaped.
  case oneLine
  /// One line; `/` is written `\/`.
  case escapedSlashes
  /// Several lines; `/` is written `\/`.
  case indented
}

/// Why a file has no value.
package enum StateFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No JSON, a missing member, or a version that never was.
  case damaged(String)
  /// A newer version wrote it.
  case newerFormat(Int)

  package var description: String {
    switch self {
    case .damaged(let reason): reason
    case .newerFormat(let format): "its format is \(format), which a newer version wrote"
    }
  }
}
