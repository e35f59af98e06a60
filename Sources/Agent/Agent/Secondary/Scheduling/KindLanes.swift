internal import Replication

/// What the scheduler knows of one kind: what waits, by purpose, and when its registry is asked for more.
struct KindLanes {
  let kind: Kind
  /// The host that each is fetched from.
  let host: @Sendable (ReplicableID) -> String
  /// Its root, on which its copies are.
  let root: RootGuard?
  let registry: any RegistryStoring
  /// The purposes that its copies need.
  let purposes: [JobPurpose]
  private var lanes: [JobPurpose: Lane] = [:]
  private var refills: [JobPurpose: ContinuousClock.Instant] = [:]
  /// Where the round of housekeepings over all copies stands; `nil` at its beginning.
  var rounded: ReplicableID?

  init(
    _ kind: Kind, host: @escaping @Sendable (ReplicableID) -> String, root: RootGuard?,
    registry: any RegistryStoring, needsUpkeep: Bool
  ) {
    self.kind = kind
    self.host = host
    self.root = root
    self.registry = registry
    purposes = needsUpkeep ? JobPurpose.allCases : [.sync, .verification]
  }

  subscript(purpose: JobPurpose) -> Lane {
    get { lanes[purpose] ?? Lane() }
    // In place: a lane of a hundred thousand is not copied for one more.
    _modify { yield &lanes[purpose, default: Lane()] }
  }

  /// Nothing is done with copies that are not there.
  var isPaused: Bool { root.map { !$0.isSound } ?? false }

  /// Whether the registry is to be asked what is due.
  func isRefillDue(_ purpose: JobPurpose, at now: ContinuousClock.Instant) -> Bool {
    self[purpose].needsBacklog && refills[purpose].map { $0 <= now } ?? true
  }

  /// Asks the registry no sooner than that.
  mutating func postponeRefill(_ purpose: JobPurpose, to moment: ContinuousClock.Instant) { refills[purpose] = moment }

  /// Forgets what waits; the registry knows it.
  mutating func empty() { lanes = [:] }
}
