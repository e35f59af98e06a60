/// Counts of a registry's entries by state. The store updates them with each change, so reading them is cheap.
public struct RegistryCounts: Hashable, Sendable {
  /// Entries that the primary does not offer, by reason. They are in none of the other counts.
  public var notOffered: [NotOffered: Int] = [:]
  /// Entries by sync state.
  public var states: [SyncState: Int] = [:]
  /// Entries by verification state.
  public var verificationStates: [VerificationState: Int] = [:]
  /// Synced entries whose verification is pending, or failed and due: `needsVerificationCount`.
  public var needsVerification = 0
  /// Entries whose last verification found a difference.
  public var mismatched = 0
  /// Entries that the primary does not have.
  public var missingOnPrimary = 0
  /// Entries whose last object check found something.
  public var damaged = 0
  /// Entries that have, or had, a copy: `RegistryEntry.hasCopy`. Those that are not offered are among them.
  public var copies = 0
  /// Copies that could be checked and never were.
  public var unchecked = 0
  /// The oldest time of a copy's last check; `nil` when none was checked.
  public var oldestCheck: Timestamp?

  /// All zero.
  public init() {}

  /// All entries.
  public var total: Int { states.values.reduce(0, +) + notOffered.values.reduce(0, +) }
}
