package import Replication

/// What an agent holds its copies to, beyond what a run by hand does: it repairs them itself, and takes over nothing
/// that it did not make.
package struct CopyRules: Sendable {
  /// Whether a repository that Remora did not create may be taken over as the copy of an id: one that this site served
  /// itself, when it was the primary.
  package var mayAdopt: @Sendable (ReplicableID) -> Bool
  /// Receives the repairs of a copy, a line each.
  package var repaired: @Sendable (ReplicableID, [String]) -> Void
  /// Older locks on refs of a copy are of dead programs.
  package var staleLockAge = Duration.seconds(900)
  /// How long to wait for another program that works on the copy.
  package var wait = Duration.seconds(10)

  /// Rules; without arguments they take over nothing.
  package init(
    mayAdopt: @escaping @Sendable (ReplicableID) -> Bool = { _ in false },
    repaired: @escaping @Sendable (ReplicableID, [String]) -> Void = { _, _ in }
  ) {
    self.mayAdopt = mayAdopt
    self.repaired = repaired
  }
}
