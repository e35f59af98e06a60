package import AgentAPI
internal import Replication
internal import SiteAssembly
internal import Synchronization
internal import WorkerPool

extension Agent {
  /// The version of this program.
  package static let version = "0.1.0"

  /// Returns the site's status. `SiteHealth` defines healthy and ready.
  package func status() async throws -> StatusRow { try await statuses.get { try await self.currentStatus() } }

  /// Returns the number of reasons why the site is not ready; 0 if it is. The answer is cached for a moment, so that
  /// clients without a token cause at most one status in that time.
  package func obstacleCount() async throws -> Int {
    if let known = readiness.withLock({ $0 }), .now - known.at < Self.readinessAge { return known.obstacles }
    let obstacles = try await status().obstacles?.count ?? 0
    readiness.withLock { $0 = (ContinuousClock.now, obstacles) }
    return obstacles
  }

  private static let readinessAge = Duration.milliseconds(500)

  private func currentStatus() async throws -> StatusRow {
    var status = StatusRow(site: plan.site, role: role, version: Self.version, startedAt: "\(startedAt)")
    status.url = plan.url
    try await operations.fill(&status)
    if let promotionStatus { fill(&status, from: promotionStatus) }
    let health = SiteHealth(
      of: status, at: now, .init(lag: plan.readyLag, comparison: plan.consistencyInterval))
    status.problems += health.problems
    status.isHealthy = status.problems.isEmpty
    status.obstacles = health.obstacles
    status.isReady = health.obstacles.isEmpty
    return status
  }

  private func fill(_ status: inout StatusRow, from promotion: PromotionStatus) {
    status.epoch = promotion.record.epoch
    status.fencedBy = promotion.fencedBy
    // A replaced site shows that first.
    status.problems.insert(contentsOf: promotion.problems, at: promotion.fencedBy == nil ? status.problems.endIndex : 0)
  }

  // MARK: The latest changes

  /// Returns one replicable's recent transitions, the newest first.
  package func transitions(of name: String, id: String, limit: Int = 50) async throws -> TransitionPage {
    TransitionPage(
      transitions: try await transitions.last(limit, of: try kind(name).name, try ReplicableID(id)))
  }

  /// Returns a listener for transitions from now on, or after an event's id; `nil` when there are too many listeners.
  package func listen(after id: String?) -> TransitionListener? { transitions.listen(after: id) }

  /// The last day, by minutes.
  package func trends() -> TrendPage { trend.page }
}

extension ExplanationRow {
  /// Returns the text of a moment in a fact.
  static func time(_ moment: Timestamp?) -> String { moment.map { "\($0)" } ?? "an unknown time" }
}

extension StatusRow.KindRow {
  /// How many replicables a status names as examples.
  static let exampleCount = 100

  /// Returns counts under the names of the states.
  static func byName<State: RawRepresentable<String> & Hashable>(_ counts: [State: Int]) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) })
  }
}
