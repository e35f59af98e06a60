/// A site's numbers under the field names of GitLab Geo (`GET /geo_nodes/status`); the article `NodeStatus` describes
/// each.
///
/// Every field is always there: `null` means that it does not apply to this site, or is unknown.
package struct NodeStatusRow: Encodable, Hashable, Sendable {
  /// What a field can hold.
  package enum Value: Encodable, Hashable, Sendable {
    case null
    case flag(Bool)
    case count(UInt64)
    case seconds(Double)
    case text(String)
    case fields([String: Value])

    /// As JSON.
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .null: try container.encodeNil()
      case .flag(let value): try container.encode(value)
      case .count(let value): try container.encode(value)
      case .seconds(let value): try container.encode(value)
      case .text(let value): try container.encode(value)
      case .fields(let value): try container.encode(value)
      }
    }
  }

  /// By name.
  package private(set) var fields: [String: Value] = [:]

  /// A row without fields.
  package init() {}

  /// One field; `nil` is `null`.
  package subscript(name: String) -> Value? {
    get { fields[name] }
    set { fields[name] = newValue ?? .null }
  }

  /// A flat object.
  package func encode(to encoder: any Encoder) throws { try fields.encode(to: encoder) }
}
