/// The faults that a suite found in a replicator: each finding names the fault and the observed behavior.
public struct ConformanceFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The suite, by the name that the seeds give it: `a repository replicator`.
  public let suite: String
  /// The kind that was tested.
  public let kind: String
  /// The faults, a sentence each.
  public let findings: [String]

  /// The suite, the kind and all findings.
  public var description: String {
    "\(kind) is not \(suite): " + findings.joined(separator: "; ")
  }
}
