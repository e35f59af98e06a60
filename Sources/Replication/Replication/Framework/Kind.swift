/// A kind of replicable, as a value: from a replicator's declarations or from a configuration.
///
/// Both behave the same: registry, event log, counts, feature flag.
public struct Kind: Sendable {
  /// The name.
  public let name: ReplicableName
  /// How it is stored.
  public let dataType: DataType
  /// The declared events.
  public let supportedEvents: Set<EventName>
  /// The default of the feature flag.
  public let replicationEnabledByDefault: Bool
  /// Whether the content may change under one id.
  public let isMutable: Bool
  /// The kind's replacements of the framework's steps.
  let behaviour: any KindBehaviour

  /// The kind of a replicator written in Swift.
  public init<R: Replicator>(_ type: R.Type) {
    name = R.replicableName
    dataType = R.dataType
    supportedEvents = R.supportedEvents
    replicationEnabledByDefault = R.replicationEnabledByDefault
    isMutable = R.isMutable
    behaviour = ReplicatorBehaviour<R>()
  }

  /// A kind that only a configuration names.
  public init(configured name: ReplicableName, dataType: DataType, isMutable: Bool, enabledByDefault: Bool = true) {
    self.name = name
    self.dataType = dataType
    self.isMutable = isMutable || dataType == .repository
    replicationEnabledByDefault = enabledByDefault
    supportedEvents =
      self.isMutable
      ? [.created, .updated, .deleted, .checksumSucceeded] : [.created, .deleted, .checksumSucceeded]
    behaviour = StandardBehaviour(name: name)
  }

  /// The name in the plural, for metrics and status: `widgets`, `project_repositories`.
  public var namePlural: String {
    let text = name.text
    if text.hasSuffix("y"), let before = text.dropLast().last, !"aeiou".contains(before) {
      return text.dropLast() + "ies"
    }
    return text.hasSuffix("s") || text.hasSuffix("x") || text.hasSuffix("ch") ? text + "es" : text + "s"
  }

  /// The feature flag's name.
  public var featureName: String { "geo_\(name)_replication" }

  /// - Throws: `ReplicationError.undeclaredEvent` for an event that this kind does not declare.
  public func checkDeclared(_ event: EventName) throws(ReplicationError) {
    guard supportedEvents.contains(event) else { throw .undeclaredEvent(event, replicable: name) }
  }
}

/// The steps that a replicator may replace, without its type.
protocol KindBehaviour: Sendable {
  func strategy(insteadOf standard: any Strategy) -> any Strategy
  func available(among ids: [ReplicableID]) async throws -> [ReplicableID]
  func consume(_ event: Event, on secondary: Secondary) async throws
  func sync(_ id: ReplicableID, on secondary: Secondary) async throws -> SyncResult
  func verify(_ id: ReplicableID, on secondary: Secondary) async throws -> VerificationResult
}

/// The framework's own steps, for replicators that do not replace them.
struct StandardBehaviour: KindBehaviour {
  let name: ReplicableName

  func strategy(insteadOf standard: any Strategy) -> any Strategy { standard }
  func available(among ids: [ReplicableID]) async throws -> [ReplicableID] { ids }
  func consume(_ event: Event, on secondary: Secondary) async throws { try await secondary.apply(event) }

  func sync(_ id: ReplicableID, on secondary: Secondary) async throws -> SyncResult {
    try await secondary.syncNow(id, name)
  }

  func verify(_ id: ReplicableID, on secondary: Secondary) async throws -> VerificationResult {
    try await secondary.verifyNow(id, name)
  }
}

/// Calls a replicator's own methods.
struct ReplicatorBehaviour<R: Replicator>: KindBehaviour {
  func strategy(insteadOf standard: any Strategy) -> any Strategy { R.strategy(insteadOf: standard) }

  func available(among ids: [ReplicableID]) async throws -> [ReplicableID] {
    try await R.Model.availableReplicables(among: ids)
  }

  func consume(_ event: Event, on secondary: Secondary) async throws {
    try await R(modelRecordID: event.payload.modelRecordID).consume(event, on: secondary)
  }

  func sync(_ id: ReplicableID, on secondary: Secondary) async throws -> SyncResult {
    try await R(modelRecordID: id).sync(on: secondary)
  }

  func verify(_ id: ReplicableID, on secondary: Secondary) async throws -> VerificationResult {
    try await R(modelRecordID: id).verify(on: secondary)
  }
}

/// A kind without Swift code: a few lines of a configuration.
///
///     release_asset: { strategy: blob, root: /srv/assets, include: ["**"], exclude: ["tmp/**"] }
public struct KindConfiguration: Hashable, Sendable {
  /// The kind's name.
  public var name: ReplicableName
  /// How it is stored.
  public var dataType: DataType
  /// The directory that holds the replicables, or the copies.
  public var root: String
  /// From where a secondary fetches, in place of the primary; `nil` is the primary.
  public var address: AddressTemplate?
  /// Which directories or files below the root belong to the kind: the globs match their names, a repository's with its
  /// `.git`.
  public var selection: SelectiveSync
  /// Whether files may change under one id. Repositories always do.
  public var isMutable: Bool
  /// The default of the feature flag.
  public var replicationEnabledByDefault: Bool

  /// A configured kind.
  /// - Throws: `ReplicationError.invalidConfiguration` for a strategy that is none of `repository` and `blob` and a
  ///   root that is not absolute; and the errors of the name, the address and the globs.
  public init(
    name: String, strategy: String, root: String, address: String? = nil, include: [String] = ["**"],
    exclude: [String] = [], isMutable: Bool = false, replicationEnabledByDefault: Bool = true
  ) throws(ReplicationError) {
    self.name = try ReplicableName(name)
    dataType = DataType(rawValue: strategy)
    guard [.repository, .blob].contains(dataType) else {
      throw .invalidConfiguration("strategy of '\(name)': '\(strategy)' is none of repository, blob")
    }
    guard root.hasPrefix("/") else { throw .invalidConfiguration("root of '\(name)': not an absolute path") }
    self.root = root
    if let address { self.address = try AddressTemplate(address) }
    selection = try SelectiveSync(
      include: include, exclude: exclude, suffix: dataType == .repository ? ".git" : "")
    self.isMutable = isMutable
    self.replicationEnabledByDefault = replicationEnabledByDefault
  }

  /// The kind, the same as one written in Swift.
  public var kind: Kind {
    Kind(
      configured: name, dataType: dataType, isMutable: isMutable, enabledByDefault: replicationEnabledByDefault)
  }
}
