internal import Synchronization

/// The source of truth: publishes events about its replicables, reads their checksums and answers its secondaries.
///
/// Order of every write, so that a crash at any line loses nothing: first the state says that the checksum is out of
/// date, then the event is durable, then the state records the event's id. A crash in between costs one reading too
/// many.
public final class Primary: Site {
  /// One kind on a primary.
  public struct Member: Sendable {
    /// The kind.
    public var kind: Kind
    /// How its replicables are read.
    public var strategy: any Strategy
    /// Their states.
    public var states: any PrimaryStateStoring
    /// Which of them are replicated.
    public var selection: SelectiveSync
    /// From where a secondary fetches one.
    public var source: @Sendable (ReplicableID) -> SourceAddress
    /// Serializes listings, which assign incarnations to directories.
    let turns = Turns()

    /// A kind of a primary.
    public init(
      _ kind: Kind, strategy: any Strategy, states: any PrimaryStateStoring, selection: SelectiveSync = .everything,
      source: @escaping @Sendable (ReplicableID) -> SourceAddress
    ) {
      self.kind = kind
      self.strategy = kind.behaviour.strategy(insteadOf: strategy)
      self.states = states
      self.selection = selection
      self.source = source
    }
  }

  /// The site's name.
  public let name: String
  /// The names of its secondaries; without any, nothing is published.
  public let secondaries: [String]
  let log: any EventPublishing & EventReading
  let features: any FeatureStoring
  let environment: SiteEnvironment
  let table: KindTable<Member>
  /// The listing that each kind's pages are cut from.
  let catalogs = Mutex<[ReplicableName: CatalogSnapshot]>([:])
  /// The maximum age of a listing for a new reader of the catalog; the scan renews it within that time. Zero makes a
  /// new listing for each reader.
  public let catalogAge: Duration

  /// - Throws: `ReplicationError.duplicateName`.
  public init(
    name: String, secondaries: [String], members: [Member], log: any EventPublishing & EventReading,
    features: any FeatureStoring, environment: SiteEnvironment, catalogAge: Duration = .zero
  ) throws(ReplicationError) {
    self.name = name
    self.catalogAge = catalogAge
    self.secondaries = secondaries
    self.log = log
    self.features = features
    self.environment = environment
    table = try KindTable(members) { $0.kind.name }
  }

  /// The kinds that are replicated here.
  public var kinds: [Kind] { table.all.map(\.kind) }

  /// The states of a kind.
  public func states(of name: ReplicableName) throws(ReplicationError) -> any PrimaryStateStoring {
    try table.member(name).states
  }

  /// The strategy of a kind.
  public func strategy(of name: ReplicableName) throws(ReplicationError) -> any Strategy {
    try table.member(name).strategy
  }

  /// Whether the kind's include and exclude rules select the replicable.
  package func selects(_ id: ReplicableID, _ name: ReplicableName) throws -> Bool {
    try table.member(name).selection.selects(id)
  }

  /// Whether the kind's feature is on.
  public func isEnabled(_ kind: Kind) async throws -> Bool {
    try await features.setting(of: kind.featureName) ?? kind.replicationEnabledByDefault
  }
}
