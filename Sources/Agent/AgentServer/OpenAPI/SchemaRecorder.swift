internal import AgentAPI
internal import Synchronization

/// Records the keys and types that a type's decoding requests.
final class SchemaRecorder: Decoder {
  private let found = Mutex<APISchema?>(nil)
  private let open: [String]

  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]

  private init(_ open: [String]) { self.open = open }

  /// Returns the schema of a type with synthesized decoding.
  ///
  /// - Throws: the decoding's errors for invalid values, such as of an enumeration.
  static func schema(of type: any Decodable.Type, within open: [String] = []) throws -> APISchema {
    if let simple = simple(type) { return simple }
    if let map = type as? any StringMap.Type { return .map(try schema(of: map.element, within: open)) }
    let name = "\(type)"
    guard !open.contains(name) else { return .reference(name) }
    let recorder = SchemaRecorder(open + [name])
    _ = try type.init(from: recorder)
    switch recorder.found.withLock({ $0 }) {
    case .object(_, let fields): return .object(name: String(reflecting: type).components.joined(), fields: fields)
    case let other?: return other
    case nil: return .object(name: name, fields: [])
    }
  }

  private static func simple(_ type: any Decodable.Type) -> APISchema? {
    switch type {
    case is String.Type, is any APIText.Type: .string
    case is Bool.Type: .boolean
    case is Int.Type: .integer(minimum: -AgentNumber.highest, maximum: UInt64(AgentNumber.highest))
    case is UInt64.Type: .integer(minimum: 0, maximum: UInt64(AgentNumber.highest))
    case is Double.Type: .number
    default: nil
    }
  }

  fileprivate func note(_ key: any CodingKey, _ type: any Decodable.Type, isRequired: Bool) throws {
    let schema = try Self.schema(of: type, within: open)
    // An optional field may also be null; the agent leaves it out.
    let field = APISchema.Field(
      name: Self.snakeCase(key.stringValue), schema: isRequired ? schema : .nullable(schema), isRequired: isRequired)
    found.withLock { found in
      if case .object(let name, let fields)? = found {
        found = .object(name: name, fields: fields + [field])
      } else {
        found = .object(name: "", fields: [field])
      }
    }
  }

  fileprivate func noteElement(_ type: any Decodable.Type) throws {
    let element = try Self.schema(of: type, within: open)
    found.withLock { $0 = .array(element) }
  }

  /// As `AgentJSON` writes keys.
  private static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }
  }

  /// Returns a placeholder value of a type.
  fileprivate func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let simple: Any? =
      switch type {
      case is String.Type: ""
      case is Bool.Type: false
      case is Int.Type: 0
      case is UInt64.Type: UInt64(0)
      case is Double.Type: 0.0
      default: nil
      }
    if let value = simple as? Value { return value }
    if let text = type as? any APIText.Type, let value = text.init("") as? Value { return value }
    return try Value(from: SchemaRecorder(open))
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(Fields<Key>(recorder: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { Elements(recorder: self) }

  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "values of no type have no schema"))
  }

  // MARK: Containers

  private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let recorder: SchemaRecorder
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) throws -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
      try recorder.note(key, type, isRequired: true)
      return try recorder.value(type)
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
      try recorder.note(key, type, isRequired: false)
      return nil
    }

    // The library calls these for their concrete types.
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try absent(type, key) }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try absent(type, key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try absent(type, key) }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? { try absent(type, key) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try absent(type, key) }

    private func absent<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
      try recorder.note(key, type, isRequired: false)
      return nil
    }

    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try recorder.container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      try recorder.unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { recorder }
    func superDecoder(forKey key: Key) throws -> any Decoder { recorder }
  }

  /// One element, then the end.
  private struct Elements: UnkeyedDecodingContainer {
    let recorder: SchemaRecorder
    var codingPath: [any CodingKey] { [] }
    var count: Int? { 1 }
    var currentIndex = 0
    var isAtEnd: Bool { currentIndex > 0 }

    mutating func decodeNil() throws -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
      currentIndex += 1
      try recorder.noteElement(type)
      return try recorder.value(type)
    }

    mutating func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { try recorder.container(keyedBy: type) }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try recorder.unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { recorder }
  }
}

/// A dictionary whose keys are texts.
private protocol StringMap {
  static var element: any Decodable.Type { get }
}

extension Dictionary: StringMap where Key == String, Value: Decodable {
  fileprivate static var element: any Decodable.Type { Value.self }
}

extension String {
  /// `Module.Outer.Inner` without the module.
  fileprivate var components: [String] { split(separator: ".").dropFirst().map(String.init) }
}
