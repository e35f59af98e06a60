/// Defines how one kind of replicable is published, synced and verified. Adopt `RepositoryReplicator` or
/// `BlobReplicator`, which need nothing but the model's type:
///
///     struct WidgetReplicator: BlobReplicator {
///       typealias Model = Widget
///       let modelRecordID: ReplicableID
///     }
///
/// Every step can be replaced by a method of the adopting type; the defaults follow the product contract (§ 3 to 6).
public protocol Replicator: Sendable {
  /// The kind's model.
  associatedtype Model: Replicable where Model.ReplicatorType == Self

  /// The id of the record that this replicator is for.
  var modelRecordID: ReplicableID { get }

  /// The replicator of the record with that id.
  init(modelRecordID: ReplicableID)

  /// The kind's name in files, metrics and the feature flag; by default derived from the type's name:
  /// `WidgetReplicator` is `widget`.
  static var replicableName: ReplicableName { get }

  /// How it is stored.
  static var dataType: DataType { get }

  /// The events that this replicator publishes and consumes; any other is an error.
  static var supportedEvents: Set<EventName> { get }

  /// The default of the feature flag `geo_<name>_replication`.
  static var replicationEnabledByDefault: Bool { get }

  /// Whether the content may change under one id. Repositories always do; files only where this is true.
  static var isMutable: Bool { get }

  /// Returns the strategy to use in place of the data type's standard one, which is the default.
  static func strategy(insteadOf standard: any Strategy) -> any Strategy

  /// Publishes `created`; the model calls it after a record was made. Does nothing on a secondary.
  func handleAfterCreate(on site: any Site) async throws

  /// Publishes `updated`; the model calls it after the content changed. Does nothing on a secondary.
  func handleAfterUpdate(on site: any Site) async throws

  /// Publishes `deleted`; the model calls it after a record was removed. Does nothing on a secondary.
  func handleAfterDestroy(on site: any Site) async throws

  /// Applies an event of the primary to this site's registry. `sync` does the requested work later.
  func consume(_ event: Event, on secondary: Secondary) async throws

  /// Makes the copy equal, now, and records the result.
  func sync(on secondary: Secondary) async throws -> SyncResult

  /// Compares the copy with the primary, now, and records the result.
  func verify(on secondary: Secondary) async throws -> VerificationResult
}

extension Replicator {
  /// The type's name without `Replicator`, in small letters with underscores.
  public static var replicableName: ReplicableName {
    var name = String(describing: Self.self)
    if name.hasSuffix("Replicator") { name.removeLast("Replicator".count) }
    var words = ""
    var last: Character = "A"
    for character in name {
      if character.isUppercase, !last.isUppercase { words.append("_") }
      words.append(contentsOf: character.lowercased())
      last = character
    }
    return ReplicableName(stringLiteral: words)
  }

  /// On.
  public static var replicationEnabledByDefault: Bool { true }

  /// The standard one.
  public static func strategy(insteadOf standard: any Strategy) -> any Strategy { standard }

  /// The kind that this replicator describes.
  public static var kind: Kind { Kind(Self.self) }

  /// The replicator of a record.
  public init(modelRecord: Model) { self.init(modelRecordID: modelRecord.replicableID) }

  /// Looks up the record again; `nil` when it is gone.
  public func modelRecord() async throws -> Model? { try await Model.find(modelRecordID) }

  // MARK: Producing

  /// Publishes `created` and nothing else.
  /// - Returns: the event; `nil` where nothing is published: on a secondary, with the feature off, without secondaries.
  @discardableResult public func publishCreatedEvent(on site: any Site) async throws -> Event? {
    try await publish(.created, on: site)
  }

  /// Publishes an event about this record.
  /// - Throws: `ReplicationError.undeclaredEvent` for one that this replicator does not declare.
  /// - Returns: the event; `nil` where nothing is published: on a secondary, with the feature off, without secondaries.
  @discardableResult public func publish(_ name: EventName, reason: String? = nil, on site: any Site) async throws
    -> Event?
  {
    try await (site as? Primary)?.publish(name, of: modelRecordID, Self.replicableName, reason: reason)
  }

  /// Publishes `created`.
  public func handleAfterCreate(on site: any Site) async throws { try await publish(.created, on: site) }

  /// Publishes `updated`.
  public func handleAfterUpdate(on site: any Site) async throws { try await publish(.updated, on: site) }

  /// Publishes `deleted`.
  public func handleAfterDestroy(on site: any Site) async throws { try await publish(.deleted, on: site) }

  // MARK: Consuming

  /// Applies the event according to the contract.
  public func consume(_ event: Event, on secondary: Secondary) async throws { try await secondary.apply(event) }

  /// Syncs according to the contract.
  public func sync(on secondary: Secondary) async throws -> SyncResult {
    try await secondary.syncNow(modelRecordID, Self.replicableName)
  }

  /// Verifies according to the contract.
  public func verify(on secondary: Secondary) async throws -> VerificationResult {
    try await secondary.verifyNow(modelRecordID, Self.replicableName)
  }

  /// The registry's entry of this record on a secondary; `nil` when it is not tracked.
  public func registry(on secondary: Secondary) async throws -> RegistryEntry? {
    try await secondary.registry(of: Self.replicableName).entry(of: modelRecordID)
  }
}

/// A replicator of bare git repositories.
public protocol RepositoryReplicator: Replicator {}

extension RepositoryReplicator {
  /// `repository`.
  public static var dataType: DataType { .repository }
  /// Created, updated, deleted, checksum_succeeded.
  public static var supportedEvents: Set<EventName> { [.created, .updated, .deleted, .checksumSucceeded] }
  /// Repositories change.
  public static var isMutable: Bool { true }
}

/// A replicator of files.
public protocol BlobReplicator: Replicator {}

extension BlobReplicator {
  /// `blob`.
  public static var dataType: DataType { .blob }
  /// Created, deleted, checksum_succeeded; and updated where the kind is mutable.
  public static var supportedEvents: Set<EventName> {
    isMutable ? [.created, .updated, .deleted, .checksumSucceeded] : [.created, .deleted, .checksumSucceeded]
  }
  /// Files do not change.
  public static var isMutable: Bool { false }
}

/// A model record whose content is kept equal on other sites: one repository, one file.
///
/// `replicator` returns the record's replicator, and `modelRecord()` returns the replicator's record.
///
///     struct Widget: Replicable {
///       typealias ReplicatorType = WidgetReplicator
///       let replicableID: ReplicableID
///     }
public protocol Replicable: Sendable {
  /// The replicator of this kind.
  associatedtype ReplicatorType: Replicator where ReplicatorType.Model == Self

  /// The id within the kind.
  var replicableID: ReplicableID { get }

  /// A record by its id alone. Models in a database override `find`.
  init(replicableID: ReplicableID)

  /// The record of that id, or `nil` when there is none. By default every id has a record: the kind's directory
  /// determines the ids.
  static func find(_ id: ReplicableID) async throws -> Self?

  /// Returns which of the ids are replicated. By default, all of the kind's directory.
  static func availableReplicables(among ids: [ReplicableID]) async throws -> [ReplicableID]
}

extension Replicable {
  /// The replicator of this record.
  public var replicator: ReplicatorType { ReplicatorType(modelRecordID: replicableID) }

  /// Every id has a record.
  public static func find(_ id: ReplicableID) async throws -> Self? { Self(replicableID: id) }

  /// All of them.
  public static func availableReplicables(among ids: [ReplicableID]) async throws -> [ReplicableID] { ids }
}
