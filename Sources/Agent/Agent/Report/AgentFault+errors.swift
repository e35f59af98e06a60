package import AgentAPI
internal import EventLog
internal import RegistryStore
internal import Replication
internal import WorkerPool

extension AgentFault {
  /// Translates an error into an answer; the only place that maps errors to HTTP statuses.
  package init(_ error: any Error) {
    switch error {
    case let fault as AgentFault: self = fault
    case let error as ReplicationError: self.init(error)
    case let error as PrimaryAccessError: self.init(error)
    case let error as StrategyError: self.init(error)
    case let error as EventLogError where error.code == .busy:
      self.init(503, "busy", "\(error)", hint: "ask again in a moment")
    case is CancellationError, is Cancelled: self.init(503, "stopping", "the agent is stopping", hint: "ask again")
    default: self.init(500, "failed", "\(error)", hint: "the agent's log may tell more")
    }
  }

  private init(_ error: ReplicationError) {
    switch error {
    case .unknownReplicable: self.init(404, "unknown_replicable", "\(error)")
    case .invalidID, .invalidName: self.init(400, "invalid_id", "\(error)")
    case .undeclaredEvent: self.init(422, "undeclared_event", "\(error)")
    case .wrongRole: self.init(409, "wrong_role", "\(error)")
    case .duplicateName, .invalidAddress, .invalidConfiguration, .incompleteEvent:
      self.init(400, "invalid_request", "\(error)")
    }
  }

  private init(_ error: PrimaryAccessError) {
    switch error {
    case .forked: self.init(409, "forked", "the cursor is not of this log's history", hint: "reconcile by catalog")
    case .pruned:
      self.init(410, "pruned", "the log no longer has what follows the cursor", hint: "reconcile by catalog")
    case .missing: self.init(404, "missing", "there is no such replicable")
    case .unknownKind: self.init(404, "unknown_replicable", "find the kind: this site has none of that name")
    case .replaced:
      self.init(
        409, "replaced", "another incarnation has this id, or this one has another id", hint: "ask how it stands")
    case .unreadable(let reason): self.init(422, "unreadable", reason)
    case .unavailable(let reason): self.init(503, "unavailable", reason, hint: "ask again")
    case .paused(let pause): self.init(503, "unavailable", pause.message, hint: "ask again")
    }
  }

  private init(_ error: StrategyError) {
    switch error.code {
    case .missing: self.init(404, "missing", error.message)
    case .broken: self.init(422, "unreadable", error.message)
    case .occupied, .busy: self.init(409, error.code.rawValue, error.message)
    default: self.init(503, error.code.rawValue, error.message)
    }
  }
}
