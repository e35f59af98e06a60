internal import AgentClient
internal import RegistryStore
internal import Replication

/// A secondary with its state open: what its loops and its routes share.
final class SecondarySite: Sendable {
  let secondary: Secondary
  let scheduler: Scheduler
  let contact: PrimaryContact
  let consistency: ConsistencyLoop
  let progress: JobProgress
  let failures: RecentFailures
  /// The primary's; `nil` where there is none.
  let primaryURL: String?
  /// What stands in for a primary where there is none.
  let listed: ListedPrimary?
  /// Whom a promotion replaces; `nil` where there is no primary.
  let former: FormerPrimary?
  /// Asks the primary; `nil` where there is none.
  let client: AgentClient?
  private let consumer: ConsumerLoop
  private let keeping: KeepingLoop
  private let registries: [DurableRegistry]

  /// - Throws: what opening the registries throws; then nothing is left open.
  init(
    _ state: AgentState, of address: AgentPlan.PrimaryAddress?, transitions: TransitionLog,
    observer: any ReplicationObserver
  ) async throws {
    let plan = state.plan
    let environment = state.environment
    contact = PrimaryContact(now: environment.now)
    progress = JobProgress()
    failures = RecentFailures()
    primaryURL = address?.url
    former = address.map { $0.former(state.http) }
    let primary: any PrimaryAccess
    if let address {
      let client = AgentClient(
        .url(address.url), http: state.http, authorization: address.signer.map { .signed($0) } ?? .none)
      primary = Self.remote(client, address.url, plan, contact)
      self.client = client
      listed = nil
    } else {
      let listed = try await ListedPrimary(state, contact: contact, observer: observer)
      primary = listed
      client = nil
      self.listed = listed
    }
    var opened: [DurableRegistry] = []
    do {
      var members: [Secondary.Member] = []
      for kind in plan.kinds {
        let registry = try await DurableRegistry.open(kind.name, in: state.directory, pool: state.storage)
        opened.append(registry)
        members.append(
          Secondary.Member(
            kind.kind, strategy: try state.strategy(of: kind, progress: progress),
            registry: WatchedRegistry(name: kind.name, registry: registry, log: transitions),
            differences: DifferenceFiles(kind.name, in: state.directory, pool: state.storage),
            selection: kind.selection))
      }
      secondary = try Secondary(
        name: plan.site, of: primary, members: members, features: state.features, environment: environment)
      try await secondary.recover()
      registries = opened
    } catch {
      for registry in opened { await registry.close() }
      await listed?.close()
      throw error
    }
    let hosts = Dictionary(
      uniqueKeysWithValues: plan.kinds.map { kind in
        (kind.name, address.map { Self.host(of: kind.address?.text ?? $0.url) } ?? Self.noHost)
      })
    scheduler = try Scheduler(
      secondary, hosts: hosts, limits: plan.limits, checkInterval: plan.checkInterval, environment: environment,
      progress: progress, failures: failures, observer: observer)
    consistency = ConsistencyLoop(
      secondary, scheduler: scheduler, observer: observer, interval: plan.consistencyInterval)
    consumer = ConsumerLoop(
      secondary: secondary, scheduler: scheduler, consistency: consistency, contact: contact,
      primaryHost: address.map { Self.host(of: $0.url) } ?? Self.noHost,
      observer: observer, environment: environment)
    keeping = KeepingLoop(
      secondary: secondary, observer: observer, environment: environment,
      verificationInterval: plan.verificationInterval, trashAge: plan.trashAge, historyAge: plan.historyAge)
  }

  /// The key under which work for the primary itself rests.
  var primaryHost: String { primaryURL.map(Self.host) ?? Self.noHost }

  /// Of kinds whose repositories are of many hosts: what rests then rests for this machine's own trouble.
  private static let noHost = "this machine"

  private static func remote(
    _ client: AgentClient, _ url: String, _ plan: AgentPlan, _ contact: PrimaryContact
  ) -> RemotePrimary {
    RemotePrimary(
      client: client, url: url,
      addresses: Dictionary(
        uniqueKeysWithValues: plan.kinds.compactMap { kind in kind.address.map { (kind.name, $0) } }),
      dataTypes: Dictionary(uniqueKeysWithValues: plan.kinds.map { ($0.name, $0.dataType) }), contact: contact,
      epoch: plan.epoch)
  }

  /// Scheme and authority of a URL.
  private static func host(of url: String) -> String {
    let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    return parts.prefix(3).joined(separator: "/")
  }

  /// Runs the loops until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.scheduler.run() }
      group.addTask { await self.consumer.run() }
      group.addTask { await self.consistency.run() }
      group.addTask { await self.keeping.run() }
      if let listed = self.listed { group.addTask { await listed.run() } }
    }
  }

  /// Closes the stores; nothing may run any more.
  func close() async {
    for registry in registries { await registry.close() }
    await listed?.close()
  }
}
