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
  let primaryURL: String
  private let consumer: ConsumerLoop
  private let keeping: KeepingLoop
  private let registries: [DurableRegistry]

  /// - Throws: what opening the registries throws; then nothing is left open.
  init(
    _ state: AgentState, of address: AgentPlan.PrimaryAddress, observer: any ReplicationObserver
  ) async throws {
    let plan = state.plan
    let environment = state.environment
    contact = PrimaryContact(now: environment.now)
    progress = JobProgress()
    failures = RecentFailures()
    primaryURL = address.url
    var opened: [DurableRegistry] = []
    do {
      var members: [Secondary.Member] = []
      for kind in plan.kinds {
        let registry = try await DurableRegistry.open(kind.name, in: state.directory, pool: state.storage)
        opened.append(registry)
        members.append(
          Secondary.Member(
            kind.kind, strategy: try state.strategy(of: kind, progress: progress), registry: registry,
            differences: DifferenceFiles(kind.name, in: state.directory, pool: state.storage),
            selection: kind.selection))
      }
      let primary = RemotePrimary(
        client: AgentClient(
          .url(address.url), http: state.http, authorization: address.signer.map { .signed($0) } ?? .none),
        url: address.url,
        addresses: Dictionary(
          uniqueKeysWithValues: plan.kinds.compactMap { kind in kind.address.map { (kind.name, $0) } }),
        dataTypes: Dictionary(uniqueKeysWithValues: plan.kinds.map { ($0.name, $0.dataType) }), contact: contact)
      secondary = try Secondary(
        name: plan.site, of: primary, members: members, features: state.features, environment: environment)
      try await secondary.recover()
      registries = opened
    } catch {
      for registry in opened { await registry.close() }
      throw error
    }
    let hosts = Dictionary(
      uniqueKeysWithValues: plan.kinds.map { ($0.name, Self.host(of: $0.address?.text ?? address.url)) })
    scheduler = try Scheduler(
      secondary, hosts: hosts, limits: plan.limits, checkInterval: plan.checkInterval, environment: environment,
      progress: progress, failures: failures, observer: observer)
    consistency = ConsistencyLoop(
      secondary, scheduler: scheduler, observer: observer, interval: plan.consistencyInterval)
    consumer = ConsumerLoop(
      secondary: secondary, scheduler: scheduler, consistency: consistency, contact: contact,
      primaryHost: Self.host(of: address.url),
      observer: observer, environment: environment)
    keeping = KeepingLoop(
      secondary: secondary, observer: observer, environment: environment,
      verificationInterval: plan.verificationInterval, trashAge: plan.trashAge, historyAge: plan.historyAge)
  }

  /// The key under which work for the primary itself rests.
  var primaryHost: String { Self.host(of: primaryURL) }

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
    }
  }

  /// Closes the stores; nothing may run any more.
  func close() async {
    for registry in registries { await registry.close() }
  }
}
