internal import Synchronization

/// A site that carries copies: takes the primary's events, syncs, verifies and tries again until both hold the same.
///
/// It never publishes. Everything that it must not forget is in its registries before it is acted on; a process that
/// dies at any line goes on where the registries say (`recover()`).
public final class Secondary: Site {
  /// What belongs to one kind on a secondary.
  public struct Member: Sendable {
    /// The kind.
    public var kind: Kind
    /// How its copies are made.
    public var strategy: any Strategy
    /// Their registry entries.
    public var registry: any RegistryStoring
    /// The refs that differed.
    public var differences: any DifferenceStoring
    /// Selective sync: which of the primary's are carried here.
    public var selection: SelectiveSync
    let jobs = RunningJobs()
    let removals: Removals
    /// Moves and removals of copies, one at a time.
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

  /// Which of the ids this secondary carries, by its rule of selective sync.
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

  /// Switches a kind's feature; on again begins with a full consistency pass, after which it follows the events.
  public func setEnabled(_ isEnabled: Bool, _ name: ReplicableName) async throws {
    let member = try table.member(name)
    let was = try await self.isEnabled(member.kind)
    // Before the flag: the kind must not follow from a cursor that is as old as its rest.
    if isEnabled != was { member.feed.leave(isOtherLog: false) }
    try await features.set(member.kind.featureName, to: isEnabled)
    if isEnabled, !was { try await reconcile(name) }
  }

  /// What a process that died has left `started` is to be done again. Call it once, before anything else.
  public func recover() async throws {
    for member in table.all {
      let left = try await member.registry.started().map(\.replicableID)
      try await member.registry.changeAll(left) { _, entry, _ in entry?.recoverAfterRestart() }
      let cursor = try await member.registry.cursor()
      try await forgetGenerations(member) { $0.isAhead(of: cursor) }
      try await recoverCopies(member)
    }
  }

  /// Completes moves of copies that were under way, and takes over which removals wait.
  private func recoverCopies(_ member: Member) async throws {
    // A disk that cannot be used now: the first move or removal after it can be completes them before anything else.
    do { try await exclusively(member) {} } catch is StrategyError {}
    var last: ReplicableID?
    repeat {
      let window = try await member.registry.window(after: last, limit: 1_000)
      await member.removals.recover(window)
      last = window.last?.replicableID
    } while last != nil
  }

  /// A job of a replicable ended and could not record how: what it left begun is to be done again. Call it while no job
  /// of it runs.
  public func abandon(_ id: ReplicableID, _ name: ReplicableName) async throws {
    try await table.member(name).registry.change(id) { entry, _ in entry?.recoverAfterRestart() }
  }
}
