/// A model record whose content is kept equal on other sites: one repository, one file.
///
/// The record leads to its replicator by `replicator`, the replicator back by `modelRecord()`.
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

  /// A record by its id alone. Models that live in a database override `find` and need not make anything up here.
  init(replicableID: ReplicableID)

  /// The record of that id, or `nil` when there is none. Without an own answer every id has a record: what the kind's
  /// directory holds is what there is.
  static func find(_ id: ReplicableID) async throws -> Self?

  /// Which of the ids are to be replicated at all. Without an own answer, all that the kind's directory holds.
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
