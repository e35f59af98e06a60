/// Selects the replicables of a kind that a site replicates.
public struct SelectiveSync: Hashable, Sendable {
  /// One include pattern must match, and no exclude pattern. They match names: the id followed by `suffix`.
  private struct Rule: Hashable, Sendable {
    var include: [Glob]
    var exclude: [Glob]
    var suffix = ""

    func selects(_ id: ReplicableID) -> Bool {
      let name = id.text + suffix
      return include.contains { $0.matches(path: name) } && !exclude.contains { $0.matches(path: name) }
    }
  }

  /// A replicable is selected when all of them select it.
  private var rules: [Rule]
  /// None of them selects it.
  private var claims: [Rule] = []

  /// Everything.
  public static let everything = SelectiveSync(rules: [])

  private init(rules: [Rule]) { self.rules = rules }

  /// Those that an include pattern matches and no exclude pattern, by their ids.
  ///
  /// - Parameters:
  ///   - include: patterns as `Glob` has them; without any, nothing is selected.
  ///   - exclude: patterns that override those.
  /// - Throws: `ReplicationError.invalidConfiguration` for an invalid pattern.
  public init(include: [String] = ["**"], exclude: [String] = []) throws(ReplicationError) {
    let rule = Rule(include: try Self.globs(include), exclude: try Self.globs(exclude))
    rules = rule.include == [.everything] && exclude.isEmpty ? [] : [rule]
  }

  /// The same by the names of their directories or files, as in a kind's configuration: `suffix` follows each id.
  init(include: [String], exclude: [String], suffix: String) throws(ReplicationError) {
    try self.init(include: include, exclude: exclude)
    for index in rules.indices { rules[index].suffix = suffix }
  }

  /// Returns a selection of the replicables that both select.
  package func and(_ other: SelectiveSync) -> SelectiveSync {
    var both = self
    both.rules += other.rules
    both.claims += other.claims
    return both
  }

  /// Returns a selection without the replicables of an earlier kind with the same root: `first` is that kind's
  /// configured rule.
  package func without(_ first: SelectiveSync) -> SelectiveSync {
    var rest = self
    // A rule that selects everything is kept as none at all.
    rest.claims += first.rules.isEmpty ? [Rule(include: [.everything], exclude: [])] : first.rules
    return rest
  }

  private static func globs(_ texts: [String]) throws(ReplicationError) -> [Glob] {
    var globs: [Glob] = []
    for text in texts { globs.append(try Glob(text)) }
    return globs
  }

  /// Whether the replicable is selected.
  public func selects(_ id: ReplicableID) -> Bool {
    rules.allSatisfy { $0.selects(id) } && !claims.contains { $0.selects(id) }
  }
}
