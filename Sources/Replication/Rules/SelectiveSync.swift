/// Which replicables of a kind a site carries: those that an include pattern matches and no exclude pattern.
public struct SelectiveSync: Hashable, Sendable {
  private let include: [Glob]
  private let exclude: [Glob]

  /// Everything.
  public static let everything = SelectiveSync([.everything], [])

  /// - Parameters:
  ///   - include: patterns as `Glob` has them; without any, nothing is carried.
  ///   - exclude: patterns that win over those.
  /// - Throws: `ReplicationError.invalidConfiguration` for a pattern that cannot be.
  public init(include: [String] = ["**"], exclude: [String] = []) throws(ReplicationError) {
    var parsed: (include: [Glob], exclude: [Glob]) = ([], [])
    for text in include { parsed.include.append(try Glob(text)) }
    for text in exclude { parsed.exclude.append(try Glob(text)) }
    self.init(parsed.include, parsed.exclude)
  }

  private init(_ include: [Glob], _ exclude: [Glob]) {
    self.include = include
    self.exclude = exclude
  }

  /// Whether the replicable is carried.
  public func selects(_ id: ReplicableID) -> Bool {
    include.contains { $0.matches(id) } && !exclude.contains { $0.matches(id) }
  }
}
