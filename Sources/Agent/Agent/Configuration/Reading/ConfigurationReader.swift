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

/// Parses a file's text into a tree with positions.
enum ConfigurationDocument {
  typealias Issue = ConfigurationError.Issue

  static let longest = 1 << 20

  /// - Throws: `ConfigurationError` with the first position that is invalid YAML; the rest is not parsed.
  static func compose(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> Node {
    func refuse(_ line: Int, _ column: Int, _ message: String) -> ConfigurationError {
      ConfigurationError(file, [Issue(line: line, column: column, key: "", message: message)])
    }
    guard bytes.count <= longest else { throw refuse(0, 0, "longer than 1 MiB; give a configuration") }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw refuse(0, 0, "not UTF-8; save it as UTF-8") }
    if let place = anchor(text) {
      throw refuse(
        place.line, place.column, "an anchor (&); write the value out, or put it in quotes without the space")
    }
    do {
      if let node = try Yams.compose(yaml: text) { return node }
    } catch let error as YamlError {
      let (line, column, problem) = place(of: error, in: text)
      throw refuse(line, column, "\(problem); correct the YAML (a text that begins with * or & wants quotes)")
    } catch {
      throw refuse(0, 0, "no YAML (\(error)); correct it")
    }
    throw refuse(0, 0, "empty; begin with 'remora config example primary' or 'secondary'")
  }

  /// Returns the first anchor, which is refused: with aliases, which need anchors, a few lines could expand to more
  /// nodes than memory holds. Text in quotes or comments that looks like an anchor is refused as well: only the parser,
  /// which this check protects, could distinguish it.
  private static func anchor(_ text: String) -> (line: Int, column: Int)? {
    var line = 1
    var column = 0
    var last: UInt8 = 0x0a
    let bytes = Array(text.utf8)
    for (index, byte) in bytes.enumerated() {
      column += byte & 0xc0 == 0x80 ? 0 : 1
      let isFree = last <= 0x20 || Array("[{,-:?!".utf8).contains(last)
      if byte == 0x26, isFree, index + 1 < bytes.count, bytes[index + 1] > 0x20 { return (line, column) }
      if byte == 0x0a {
        line += 1
        column = 0
      }
      last = byte
    }
    return nil
  }

  private static func place(of error: YamlError, in text: String) -> (line: Int, column: Int, problem: String) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return (mark.line, mark.column, problem)
    case .reader(let problem, let offset, _, _):
      let before = text.prefix(offset ?? 0)
      let line = before.count { $0.isNewline } + 1
      return (line, before.reversed().prefix { !$0.isNewline }.count + 1, problem)
    case .duplicatedKeysInMapping(let keys, let context):
      return (context.mark.line, context.mark.column, "written twice: \(keys.sorted().joined(separator: ", "))")
    default:
      return (0, 0, "no YAML")
    }
  }
}

/// Suggests corrections of misspelled words.
enum Spelling {
  /// Returns the word with the smallest edit distance, if it is small.
  static func nearest(to word: String, among words: [String]) -> String? {
    guard word.utf8.count <= 100 else { return nil }
    let ranked = words.sorted().map { (word: $0, distance: distance(word, $0)) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= max(1, (word.utf8.count + 1) / 3)
    else {
      return nil
    }
    return best.word
  }

  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right.utf8)
    var row = Array(0...right.count)
    for (index, byte) in left.utf8.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for place in right.indices {
        let above = row[place + 1]
        row[place + 1] = min(row[place] + 1, above + 1, diagonal + (byte == right[place] ? 0 : 1))
        diagonal = above
      }
    }
    return row[right.count]
  }
}
