internal import Foundation

/// How the values of this room are written: keys in small letters with underscores, no escaped slashes, sorted.
package enum AgentJSON {
  /// The bytes of a value.
  package static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value))
  }

  /// The keys and values of a flat object, in order of the keys; those without a value are left out.
  package static func columns(of value: some Encodable) throws -> [(name: String, value: String)] {
    let object = try JSONSerialization.jsonObject(with: Data(try encode(value))) as? [String: Any] ?? [:]
    return object.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
  }

  /// The value of some bytes. Unknown keys are skipped: a newer site may send more.
  ///
  /// - Throws: `AgentNumber.Refusal` for a number that is no number of the API, what `JSONDecoder` throws for anything else.
  package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) throws -> Value {
    let data = Data(bytes)
    try data.withUnsafeBytes { text in try AgentNumber.check(text) }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: data)
  }
}
