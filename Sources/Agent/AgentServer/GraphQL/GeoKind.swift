/// The names that a kind has in the schema, after GitLab's rule: `lfs_object` gives `LfsObjectRegistry`,
/// `lfsObjectRegistries`.
struct GeoKind: Hashable, Sendable {
  let name: String

  init(_ name: String) { self.name = name }

  private var camel: String {
    name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  private var lowerCamel: String { camel.prefix(1).lowercased() + camel.dropFirst() }

  /// The type of its entries.
  var type: String { "\(camel)Registry" }
  /// The field that lists them.
  var listField: String { "\(lowerCamel)Registries" }
  /// The field of the replicable's id.
  var idField: String { "\(lowerCamel)Id" }
  /// Its value in the enumeration of registries.
  var registryClass: String { "\(name.uppercased())_REGISTRY" }

  /// Returns an entry's global id.
  func globalID(_ number: UInt64) -> String { "gid://remora/\(type)/\(number)" }

  /// Returns the entry's number; `nil` for an id of another type.
  func number(ofID id: String) -> UInt64? {
    let prefix = "gid://remora/\(type)/"
    return id.hasPrefix(prefix) ? UInt64(id.dropFirst(prefix.count)) : UInt64(id)
  }
}
