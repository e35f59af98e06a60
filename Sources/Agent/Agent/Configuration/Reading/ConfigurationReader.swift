internal import Foundation
internal import SiteTokens
internal import Yams

/// Walks a configuration once and collects all of its errors.
///
/// An invalid value is replaced by a placeholder, so that the walk continues; a reader with issues returns no
/// configuration.
struct ConfigurationReader {
  typealias Issue = ConfigurationError.Issue

  /// Where a value came from.
  struct Origin {
    let line: Int
    let column: Int
    let key: String
  }

  /// Whether the files and directories are checked, too.
  let checksFiles: Bool
  private(set) var issues: [Issue] = []
  /// Every setting in one spelling, by key.
  private(set) var settings: [String: String] = [:]
  private var scalars: [String: (text: String, origin: Origin)] = [:]
  private(set) var compounds: [String: Node] = [:]

  init(_ root: Node, environment: [String: String], checksFiles: Bool) {
    self.checksFiles = checksFiles
    let known = Setting.all.map(\.key) + Setting.compounds
    collect(root, below: "", known: known)
    override(by: environment)
  }

  mutating func report(_ origin: Origin, _ message: String) {
    issues.append(Issue(line: origin.line, column: origin.column, key: origin.key, message: message))
  }

  static func origin(_ node: Node, _ key: String) -> Origin {
    Origin(line: node.mark?.line ?? 0, column: node.mark?.column ?? 0, key: key)
  }

  /// Returns the place of a key's value, or of the file as a whole when it has none.
  func origin(of key: String) -> Origin {
    scalars[key]?.origin ?? compounds[key].map { Self.origin($0, key) } ?? Origin(line: 0, column: 0, key: key)
  }

  func isGiven(_ key: String) -> Bool { scalars[key] != nil || compounds[key] != nil }

  // MARK: The tree

  private mutating func collect(_ node: Node, below path: String, known: [String]) {
    let prefix = path.isEmpty ? "" : path + "."
    let names = Set(known.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count).prefix { $0 != "." } })
    for (name, value) in table(node, path, known: names.map(String.init)) {
      let key = prefix + name
      if Setting.compounds.contains(key) {
        compounds[key] = value
      } else if Setting.byKey[key] == nil {
        collect(value, below: key, known: known)
      } else if let text = scalar(value, key) {
        scalars[key] = (text, Self.origin(value, key))
      }
    }
  }

  /// Returns a mapping's values by key, in order; unknown keys are reported.
  mutating func table(_ node: Node, _ path: String, known: [String]?) -> [(key: String, value: Node)] {
    guard let mapping = node.mapping else {
      report(Self.origin(node, path), "not a mapping; write 'key: value' lines or { key: value }")
      return []
    }
    var found: [(key: String, value: Node)] = []
    for (keyNode, value) in mapping {
      let prefix = path.isEmpty ? "" : path + "."
      guard let key = keyNode.scalar?.string else {
        report(Self.origin(keyNode, path), "a key that is no text; write a word")
        continue
      }
      if let known, !known.contains(key) {
        let near = Spelling.nearest(to: key, among: known).map { "did you mean '\($0)'?" }
        let names = "known are \(known.sorted().joined(separator: ", "))"
        report(Self.origin(keyNode, prefix + key), "unknown key; \(near ?? names)")
      } else {
        found.append((key, value))
      }
    }
    return found
  }

  mutating func scalar(_ node: Node, _ key: String) -> String? {
    guard let scalar = node.scalar else {
      report(Self.origin(node, key), "not a single value; write one")
      return nil
    }
    // A quoted scalar is text; a plain empty one, or null, counts as missing.
    if scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
      report(Self.origin(node, key), "no value; write one, or leave the key out")
      return nil
    }
    return scalar.string
  }

  /// Returns the texts of a list with their places.
  mutating func texts(_ node: Node?, _ key: String) -> [(text: String, origin: Origin)] {
    guard let node else { return [] }
    guard let items = node.sequence else {
      report(Self.origin(node, key), "not a list; write [a, b]")
      return []
    }
    var texts: [(text: String, origin: Origin)] = []
    for item in items {
      if let text = scalar(item, key) { texts.append((text, Self.origin(item, key))) }
    }
    return texts
  }

  // MARK: The environment

  /// The program's variables that are no settings.
  static let otherVariables: Set<String> = ["REMORA_CONFIG", "REMORA_URL", "REMORA_TOKEN_FILE"]

  private mutating func override(by environment: [String: String]) {
    let settings = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.variable, $0) })
    for (variable, text) in environment where variable.hasPrefix("REMORA_") {
      let origin = Origin(line: 0, column: 0, key: variable)
      if let setting = settings[variable] {
        scalars[setting.key] = (text, origin)
      } else if !Self.otherVariables.contains(variable) {
        let near = Spelling.nearest(to: variable, among: Array(settings.keys)).map { "did you mean '\($0)'?" }
        report(origin, "unknown variable; \(near ?? "unset it")")
      }
    }
  }

  // MARK: Values

  /// Returns a setting's text and place; `nil` when it is missing, which is reported if it is required.
  mutating func text(_ key: String) -> (text: String, origin: Origin)? {
    if let given = scalars[key] { return given }
    switch Setting.byKey[key]?.fallback {
    case .value(let text)?: return (text, Origin(line: 0, column: 0, key: key))
    case .required?: report(Origin(line: 0, column: 0, key: key), "missing; add it")
    case nil, .some(.none): break
    }
    return nil
  }

  /// Returns a setting's value, parsed by `parse`.
  mutating func value<Value>(
    _ key: String, _ parse: (String) -> Value?, else message: @autoclosure () -> String
  ) -> Value? {
    guard let (text, origin) = text(key) else { return nil }
    guard let value = parse(text) else {
      report(origin, "'\(text.prefix(100))' is \(message())")
      return nil
    }
    settings[key] = "\(value)"
    return value
  }
}
