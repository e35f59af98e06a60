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
