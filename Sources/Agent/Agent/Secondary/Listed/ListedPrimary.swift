internal import EventLog
internal import Replication
internal import RepositoryReplication
internal import Scheduling
internal import SiteAssembly

/// The primary of a secondary that has none: within this process, over rosters of repositories whose hosts run no
/// agent.
///
/// It has a log and states like any primary, so the secondary's part is the same; only its replicables are read by
/// listings of their URLs, and polls find the changes that no webhook reports.
final class ListedPrimary: PrimaryAccess, Sendable {
  /// One kind and its readers.
  struct Kind: Sendable {
    let name: ReplicableName
    let place: String
    let repositories: ListedRepositories
  }

  let intake: EventIntake
  let kinds: [Kind]
  private let primary: Primary
  private let name: String
  private let log: DurableEventLog
  private let site: OpenPrimary
  private let rosters: RepositoryListLoop
  let polls: PollLoop
  private let readings: ListedReadingLoop
  private let pruning: PruningLoop
  private let contact: PrimaryContact

  /// - Parameter looks: repositories that could not be polled when the last process ended.
  /// - Throws: errors of opening the log and the states; then nothing is left open.
  init(
    _ plan: AgentPlan, _ state: SiteResources, contact: PrimaryContact, hosts: SourceHosts, looks: [LookFailure],
    observer: any ReplicationObserver
  ) async throws {
    let environment = state.environment
    self.contact = contact
    name = plan.site
    var (listed, kinds, followed): ([KindPlan], [Kind], [RepositoryListLoop.Followed]) = ([], [], [])
    for kind in plan.kinds {
      guard let source = plan.rosters[kind.name] else { continue }
      let repositories = state.listedRepositories(source.place) { [name = kind.name] id, location, error in
        let (key, host) = (JobKey(name: name, id: id), SourceHost.name(of: location))
        guard let error else {
          hosts.succeeded(host, for: key)
          return nil
        }
        return hosts.attribute(error, of: key, at: host)
      }
      listed.append(kind)
      kinds.append(Kind(name: kind.name, place: source.place, repositories: repositories))
      followed.append(
        .init(name: kind.name, repositories: repositories, reader: RepositoryListReader(source, http: state.http)))
    }
    self.kinds = kinds
    let repositories = Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, $0.repositories) })
    site = try await state.openPrimary(
      of: listed, secondaries: [plan.site], strategy: { repositories[$0.name] }
    ) { member, kind in
      member.source = { SourceAddress(location: repositories[kind.name]?.location(of: $0) ?? "") }
    }
    (primary, log) = (site.primary, site.log)
    let signal = AutoResetEvent()
    intake = EventIntake(primary: primary, signal: signal)
    // Polls compare the host's content: a reading need not be repeated because of its age.
    readings = ListedReadingLoop(
      primary, kinds.map { ($0.name, $0.repositories) }, hosts: hosts, signal: signal,
      width: max(4, plan.limits.verifications), observer: observer, environment: environment)
    rosters = RepositoryListLoop(primary, followed, observer: observer, interval: plan.polls.interval.lowerBound)
    polls = PollLoop(
      primary, kinds.map { ($0.name, $0.repositories) }, plan.polls, checksums: signal, hosts: hosts, known: looks,
      observer: observer, environment: environment)
    pruning = PruningLoop(log: log, secondaries: [plan.site], observer: observer)
    await rosters.look()
  }

  /// Returns the address of one; `nil` for one that is not listed.
  func location(of id: ReplicableID, _ name: ReplicableName) -> String? {
    kinds.first { $0.name == name }?.repositories.location(of: id)
  }

  /// Runs the loops until the task is cancelled.
  func run(_ reactions: PollLoop.Reactions) async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.rosters.run() }
      group.addTask { await self.polls.run(reactions) }
      group.addTask { await self.readings.run() }
      group.addTask { await self.pruning.run() }
    }
  }

  /// Closes the stores; no loop may run any more.
  func close() async {
    // Published events are durable; only the newest acknowledgement may be lost.
    try? await site.close()
  }

  // MARK: What the secondary asks

  func events(after cursor: Cursor?, limit: Int, wait: Duration) async throws(PrimaryAccessError) -> EventBatch {
    contact.answered()
    // A cursor of another history acknowledges nothing; the read reports it.
    if let cursor { try? await log.acknowledge(secondary: name, cursor) }
    return try await own { () async throws(PrimaryAccessError) in
      try await self.primary.events(after: cursor, limit: limit, wait: wait)
    }
  }

  /// The primary is this process: its failures are this machine's.
  private func own<Answer>(
    _ body: () async throws(PrimaryAccessError) -> Answer
  ) async throws(PrimaryAccessError) -> Answer {
    do {
      return try await body()
    } catch {
      guard case .unavailable(let reason) = error else { throw error }
      throw .paused(Pause(.machine, reason))
    }
  }

  func catalog(
    of name: ReplicableName, after id: ReplicableID?, limit: Int
  ) async throws(PrimaryAccessError) -> CatalogPage {
    try await own { () async throws(PrimaryAccessError) in
      try await self.primary.catalog(of: name, after: id, limit: limit)
    }
  }

  func standing(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> ReplicableStatus {
    try await own { () async throws(PrimaryAccessError) in
      try await self.primary.standing(of: id, incarnation: incarnation, name)
    }
  }

  func listing(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> ContentListing {
    try await own { () async throws(PrimaryAccessError) in
      try await self.primary.listing(of: id, incarnation: incarnation, name)
    }
  }

  func source(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> SourceAddress {
    try await primary.source(of: id, incarnation: incarnation, name)
  }
}
