internal import Foundation

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
  package func decode(_ bytes: [UInt8]) throws(StateFlaw) -> Value {
    do {
      return try decoding(bytes)
    } catch let flaw as StateFlaw {
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
        if found > version { throw StateFlaw.newerFormat(found) }
        if found < version { throw StateFlaw.damaged("its format is \(found)") }
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
package enum StateFlaw: Error, Hashable, Sendable, CustomStringConvertible {
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
