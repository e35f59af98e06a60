/// What a suite found wrong with a replicator: every finding names the fault and what was seen.
public struct ConformanceFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The suite, by the name that the seeds give it: `a repository replicator`.
  public let suite: String
  /// The kind that was tested.
  public let kind: String
  /// What is wrong, a sentence each.
  public let findings: [String]

  /// The suite, the kind and all findings.
  public var description: String {
    "\(kind) is not \(suite): " + findings.joined(separator: "; ")
  }
}
