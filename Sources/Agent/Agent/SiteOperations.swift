internal import AgentAPI
internal import Replication
internal import Scheduling
internal import SiteAssembly

/// The operations that a site of either role has. `PrimaryAgent` and `SecondaryAgent` carry them out, each in its
/// folder; an operation of one role only is a method of that type.
protocol SiteOperations: Sendable {
  var context: SiteContext { get }
  var role: AgentRole { get }
  /// Returns the role with regard to promotions.
  func siteRole(_ record: EpochRecord) -> SiteRole

  /// Runs the role's loops until the task is cancelled.
  ///
  /// - Parameter status: returns the site's status.
  func run(status: @escaping @Sendable () async throws -> StatusRow) async
  /// Closes the stores; no loop may run any more.
  func close() async
  /// Sets the limits of running jobs.
  func take(_ limits: SchedulerLimits) async
  /// Adds the role's part of the status.
  func fill(_ status: inout StatusRow) async throws
  /// Returns why one replicable is in its state.
  func explanation(of id: ReplicableID, _ kind: KindPlan) async throws -> ExplanationRow

  /// Returns one entry, or a primary's state.
  ///
  /// - Throws: `AgentFault` 404 for an id that is not tracked.
  func registryEntry(of id: ReplicableID, _ name: ReplicableName) async throws -> RegistryPage
  /// Returns a part of the entries, or of a primary's states, in order of ids.
  func walk(_ walk: RegistryWalk, _ filter: StateFilter, of name: ReplicableName) async throws -> RegistryPage
  /// Returns a page of a sorted list.
  func list(_ listing: RegistryListing, of name: ReplicableName) async throws -> RegistryPage
  /// Whether objects of the kind's replicables can be checked.
  func checksObjects(of name: ReplicableName) throws -> Bool
  /// Does something to one entry.
  ///
  /// - Returns: false for an id that is not tracked.
  func act(_ order: RegistryOrder, on id: ReplicableID, _ name: ReplicableName) async throws -> Bool
  /// Starts what `act` has asked for.
  func startActions() async
  /// Sets a feature flag of a kind; kept across restarts.
  func set(_ feature: FeatureRow, of kind: Kind) async throws

  /// Publishes a Git host's notice; durable on return.
  func take(_ notice: EventNotice) async throws
  /// Returns where the content of a present replicable is.
  func content(of lookup: ContentLookup) async throws -> Agent.FoundContent
  /// Returns where a repository is pushed to, for the refusal of a push here: `push to …`.
  func home(of name: String, id: String) -> String
  /// Makes this site the primary.
  func promote(_ order: PromotionOrder, _ epoch: SiteEpoch) async throws -> PromotionRow
}

extension SiteOperations {
  var plan: AgentPlan { context.plan }
  var environment: SiteEnvironment { context.environment }

  /// - Throws: `ReplicationError` for a kind that this site does not replicate.
  func kind(_ name: String) throws -> KindPlan { try context.kind(name) }
}

extension AgentFault {
  /// The answer of a secondary to an operation of primaries.
  static func onlyOnPrimary(_ operation: String) -> AgentFault {
    AgentFault(409, "wrong_role", "\(operation): this site is a secondary", hint: "ask its primary")
  }

  /// The answer of a primary to an operation of secondaries.
  static func onlyOnSecondary(_ operation: String) -> AgentFault {
    AgentFault(409, "wrong_role", "\(operation): this site is a primary", hint: "ask a secondary")
  }

  /// The answer for an id without an entry or state.
  static func notTracked(_ id: ReplicableID, _ name: ReplicableName) -> AgentFault {
    AgentFault(404, "not_tracked", "look '\(id)' of '\(name)' up: it is not tracked here")
  }
}

/// The plan and the open state of a site, for the operations of both roles.
struct SiteContext: Sendable {
  let plan: AgentPlan
  let state: SiteResources
  let observer: any ReplicationObserver
  /// When the site was opened.
  let startedAt: Timestamp

  /// The context of a site that opens now.
  init(_ plan: AgentPlan, _ state: SiteResources, _ observer: any ReplicationObserver) {
    self.plan = plan
    self.state = state
    self.observer = observer
    startedAt = state.environment.now()
  }

  var environment: SiteEnvironment { state.environment }

  /// - Throws: `ReplicationError` for a kind that this site does not replicate.
  func kind(_ name: String) throws -> KindPlan {
    guard let kind = plan.kinds.first(where: { $0.name.text == name }) else {
      throw ReplicationError.unknownReplicable(name)
    }
    return kind
  }
}
