internal import Remora

/// The kind that a suite is run on: how it is declared, and how its hooks are called.
struct KindUnderTest: Sendable {
  let name: ReplicableName
  let dataType: DataType
  let isMutable: Bool
  let declare: @Sendable (inout SitePlan, _ root: String) throws -> Void
  /// What the model does after a change: the replicator's own hook, or for a configured kind the publication itself.
  let announce: @Sendable (EventName, ReplicableID, Primary) async throws -> Void

  init<R: Replicator>(_ type: R.Type) {
    name = R.replicableName
    dataType = R.dataType
    isMutable = R.isMutable
    declare = { plan, root in plan.replicate(type, root: root) }
    announce = { event, id, primary in
      let replicator = R(modelRecordID: id)
      switch event {
      case .created: try await replicator.handleAfterCreate(on: primary)
      case .updated: try await replicator.handleAfterUpdate(on: primary)
      case .deleted: try await replicator.handleAfterDestroy(on: primary)
      default: try await replicator.publish(event, on: primary)
      }
    }
  }

  init(_ configuration: KindConfiguration) {
    name = configuration.name
    dataType = configuration.dataType
    isMutable = configuration.kind.isMutable
    declare = { plan, root in
      var configuration = configuration
      configuration.root = root
      configuration.address = nil
      plan.replicate(configuration)
    }
    announce = { [name] event, id, primary in try await primary.publish(event, of: id, name) }
  }
}
