internal import Synchronization

/// A site with copies: consumes the primary's events, syncs, verifies and retries until copies equal the primary.
///
/// It never publishes. State that must survive is in its registries before it is acted on; after a crash at any line
/// `recover()` continues from the registries.
public final class Secondary: Site {
  /// One kind on a secondary.
  public struct Member: Sendable {
    /// The kind.
    public var kind: Kind
    /// How its copies are made.
    public var strategy: any Strategy
    /// Their registry entries.
    public var registry: any RegistryStoring
    /// The refs that differed.
    public var differences: any DifferenceStoring
    /// Selective sync: which of the primary's replicables are copied here.
    public var selection: SelectiveSync
    let jobs = RunningJobs()
    let removals: Removals
    /// Serializes moves and removals of copies.
    let turns = Turns()
    let readings = KnownReadings()
    let feed = Feed()
    let passes = CatalogPasses()

    /// A kind of a secondary.
    public init(
      _ kind: Kind, strategy: any Strategy, registry: any RegistryStoring, differences: any DifferenceStoring,
      selection: SelectiveSync = .everything
    ) {
      self.kind = kind
      self.strategy = kind.behaviour.strategy(insteadOf: strategy)
      self.registry = registry
      self.differences = differences
      self.selection = selection
      removals = Removals(strategy: self.strategy, registry: registry)
    }
  }

  /// The site's name.
  public let name: String
  let primary: any PrimaryAccess
  let features: any FeatureStoring
  let environment: SiteEnvironment
  let table: KindTable<Member>
  /// The log that the last batch of events came from.
  let followedLog = Mutex<LogID?>(nil)

  /// - Throws: `ReplicationError.duplicateName`.
  public init(
    name: String, of primary: any PrimaryAccess, members: [Member], features: any FeatureStoring,
    environment: SiteEnvironment
  ) throws(ReplicationError) {
    self.name = name
    self.primary = primary
    self.features = features
    self.environment = environment
    table = try KindTable(members) { $0.kind.name }
  }

  /// The kinds that are replicated here.
  public var kinds: [Kind] { table.all.map(\.kind) }

  /// The registry of a kind.
  public func registry(of name: ReplicableName) throws(ReplicationError) -> any RegistryStoring {
    try table.member(name).registry
  }

  /// The strategy of a kind.
  public func strategy(of name: ReplicableName) throws(ReplicationError) -> any Strategy {
    try table.member(name).strategy
  }

  /// The refs that differed at the last mismatch of a replicable.
  public func differences(of id: ReplicableID, _ name: ReplicableName) async throws -> [Difference] {
    try await table.member(name).differences.differences(of: id)
  }

  /// Returns which of the ids this secondary replicates, by its selective sync.
  public func replicablesForCurrentSecondary(
    _ ids: [ReplicableID], _ name: ReplicableName
  ) throws(ReplicationError) -> [ReplicableID] {
    let selection = try table.member(name).selection
    return ids.filter(selection.selects)
  }

  /// How many synced copies of a kind wait for a verification.
  public func needsVerificationCount(_ name: ReplicableName) async throws -> Int {
    try await table.member(name).registry.counts(at: environment.now()).needsVerification
  }

  /// Whether the kind's feature is on.
  public func isEnabled(_ kind: Kind) async throws -> Bool {
    try await features.setting(of: kind.featureName) ?? kind.replicationEnabledByDefault
  }

  /// Enables or disables a kind's feature; after it is enabled again, a full consistency pass runs first, and then it
  /// follows the events.
  public func setEnabled(_ isEnabled: Bool, _ name: ReplicableName) async throws {
    let member = try table.member(name)
    let was = try await self.isEnabled(member.kind)
    // Before the flag: the kind must not follow from a cursor of the time when it was disabled.
    if isEnabled != was { member.feed.leave(isOtherLog: false) }
    try await features.set(member.kind.featureName, to: isEnabled)
    if isEnabled, !was { try await reconcile(name) }
  }

  /// Makes jobs pending again that a dead process left `started`. Call it once, before anything else.
  public func recover() async throws {
    for member in table.all {
      let left = try await member.registry.started().map(\.replicableID)
      try await member.registry.changeAll(left) { _, entry, _ in entry?.recoverAfterRestart() }
      let cursor = try await member.registry.cursor()
      try await forgetGenerations(member) { $0.isAhead(of: cursor) }
      try await recoverCopies(member)
    }
  }

  /// Completes unfinished moves of copies, and restores the waiting removals.
  private func recoverCopies(_ member: Member) async throws {
    // If the disk is unusable now, the first later move or removal completes them first.
    do { try await exclusively(member) {} } catch is StrategyError {}
    var last: ReplicableID?
    repeat {
      let window = try await member.registry.window(after: last, limit: 1_000)
      await member.removals.recover(window)
      last = window.last?.replicableID
    } while last != nil
  }

  /// Makes a replicable's job pending again that ended without recording its result. Call it while no job of the
  /// replicable runs.
  public func abandon(_ id: ReplicableID, _ name: ReplicableName) async throws {
    try await table.member(name).registry.change(id) { entry, _ in entry?.recoverAfterRestart() }
  }
}
