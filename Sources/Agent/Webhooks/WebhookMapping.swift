/// How a repository's name at its forge becomes an id here: `{full_name}` is owner and name, `{owner}` and `{name}` are its parts.
package struct WebhookMapping: Hashable, Sendable, CustomStringConvertible {
  private enum Part: Hashable, Sendable {
    case text(String)
    case fullName, owner, name
  }

  /// The template as written.
  package let description: String
  private let parts: [Part]

  /// A template that is none.
  package struct InvalidTemplate: Error, CustomStringConvertible {
    package let description: String
  }

  /// - Throws: `InvalidTemplate` for an unknown placeholder, and for one without the name: it would stand for one repository alone.
  package init(_ template: String) throws(InvalidTemplate) {
    var parts: [Part] = []
    var rest = template[...]
    while let brace = rest.firstIndex(of: "{") {
      if brace > rest.startIndex { parts.append(.text(String(rest[..<brace]))) }
      guard let end = rest[brace...].firstIndex(of: "}") else {
        throw InvalidTemplate(description: "'\(template.prefix(100))' has a '{' without '}'")
      }
      switch rest[rest.index(after: brace)..<end] {
      case "full_name": parts.append(.fullName)
      case "owner": parts.append(.owner)
      case "name": parts.append(.name)
      case let other:
        throw InvalidTemplate(
          description: "'{\(other.prefix(100))}' is no placeholder; write {full_name}, or {owner} and {name}")
      }
      rest = rest[rest.index(after: end)...]
    }
    if !rest.isEmpty { parts.append(.text(String(rest))) }
    guard parts.contains(.fullName) || parts.contains(.name) else {
      throw InvalidTemplate(description: "'\(template.prefix(100))' is the same for all; write {full_name}")
    }
    self.parts = parts
    description = template
  }

  /// The id, not yet checked; `nil` for a name without an owner where one is wanted.
  package func id(ofFullName full: String) -> String? {
    let slash = full.lastIndex(of: "/")
    var id = ""
    for part in parts {
      switch part {
      case .text(let text): id += text
      case .fullName: id += full
      case .name: id += slash.map { full[full.index(after: $0)...] } ?? full[...]
      case .owner:
        guard let slash else { return nil }
        id += full[..<slash]
      }
    }
    return id
  }
}
