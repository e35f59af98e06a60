internal import Foundation
internal import Replication
internal import RepositoryReplication

/// Asks hosts without an agent what has changed: each repository the more seldom the longer it rests (`PollInterval`), each host no
/// more often than its budget allows. Where a roster tells of changes itself, looks only make sure, as seldom as may be.
actor PollLoop {
  /// A repository of a kind.
  private struct Next {
    var at: ContinuousClock.Instant
    var failures = 0
  }

  /// What a host may still be asked now.
  private struct Budget {
    var tokens: Double
    var filledAt: ContinuousClock.Instant
    var running = 0
  }

  private let primary: Primary
  private let kinds: [(name: ReplicableName, repositories: ListedRepositories)]
  private let settings: PollSettings
  private let observer: any ReplicationObserver
  private let environment: SiteEnvironment
  private let checksums: Signal
  private let signal = Signal()
  private var next: [JobKey: Next] = [:]
  private var running: Set<JobKey> = []
  private var leftOut: Set<JobKey> = []
  private var budgets: [String: Budget] = [:]
  /// What is due, the longest due first; made anew now and then.
  private var queue: ArraySlice<JobKey> = []
  private var queuedAt: ContinuousClock.Instant?

  private static let tick = Duration.milliseconds(500)
  /// Looks at a time, and of these at one host.
  private static let (width, widthOfHost) = (8, 2)

  init(
    _ primary: Primary, _ kinds: [(name: ReplicableName, repositories: ListedRepositories)], _ settings: PollSettings,
    checksums: Signal, observer: any ReplicationObserver, environment: SiteEnvironment
  ) {
    self.primary = primary
    self.kinds = kinds
    self.settings = settings
    self.checksums = checksums
    self.observer = observer
    self.environment = environment
  }

  /// Runs until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        for (key, host) in take() { group.addTask { await self.poll(key, host) } }
        await signal.wait(atMost: Self.tick)
      }
      group.cancelAll()
    }
  }

  // MARK: Who is next

  private func take() -> [(JobKey, String)] {
    let now = ContinuousClock.now
    if queue.isEmpty, queuedAt.map({ now - $0 >= Self.tick }) ?? true { refill(at: now) }
    var taken: [(JobKey, String)] = []
    var kept: [JobKey] = []
    while running.count < Self.width, let key = queue.popFirst() {
      guard let kind = kinds.first(where: { $0.name == key.name }), !running.contains(key),
        let location = kind.repositories.location(of: key.id)
      else { continue }
      let host = Self.host(of: location)
      guard spend(host, at: now) else {
        kept.append(key)
        continue
      }
      running.insert(key)
      taken.append((key, host))
    }
    queue = (kept + queue)[...]
    return taken
  }

  private func refill(at now: ContinuousClock.Instant) {
    queuedAt = now
    var due: [(key: JobKey, at: ContinuousClock.Instant)] = []
    var known: Set<JobKey> = []
    for kind in kinds {
      for (id, entry) in kind.repositories.roster?.entries ?? [:] {
        let key = JobKey(name: kind.name, id: id)
        known.insert(key)
        // Left out just now: the roster says no more of it, and its host shall.
        if !entry.isLeftOut { leftOut.remove(key) } else if leftOut.insert(key).inserted { next[key] = nil }
        let at = next[key]?.at ?? now
        if at <= now, !running.contains(key) { due.append((key, at)) }
      }
    }
    if next.count > known.count { next = next.filter { known.contains($0.key) } }
    leftOut.formIntersection(known)
    queue = due.sorted { $0.at < $1.at }.map(\.key)[...]
  }

  private func spend(_ host: String, at now: ContinuousClock.Instant) -> Bool {
    let full = Double(settings.perMinute)
    var budget = budgets[host] ?? Budget(tokens: full, filledAt: now)
    budget.tokens = min(full, budget.tokens + (now - budget.filledAt) / .seconds(60) * full)
    budget.filledAt = now
    defer { budgets[host] = budget }
    guard budget.tokens >= 1, budget.running < Self.widthOfHost else { return false }
    budget.tokens -= 1
    budget.running += 1
    return true
  }

  /// What stands between the scheme and the path; a path on this machine is of no host.
  private static func host(of location: String) -> String {
    guard let mark = location.range(of: "://") else {
      return String(location.prefix { $0 != ":" && $0 != "/" })
    }
    let authority = location[mark.upperBound...].prefix { $0 != "/" }
    return String(authority.split(separator: "@").last ?? "")
  }

  // MARK: One look

  private func poll(_ key: JobKey, _ host: String) async {
    var state = next[key] ?? Next(at: .now)
    let jitter = Double(environment.random() % 1_000) / 1_000
    do {
      // Where the roster tells of changes, looks only make sure of it.
      let quiet = try await look(at: key) ?? settings.interval.upperBound * 10
      state.failures = 0
      state.at = .now + PollInterval.next(quiet: quiet, within: settings.interval, jitter: jitter)
    } catch {
      state.failures += 1
      state.at = .now + PollInterval.next(failures: state.failures, within: settings.interval, jitter: jitter)
      if !Task.isCancelled { AgentMetrics.polled(key.name, "failed") }
    }
    next[key] = state
    running.remove(key)
    budgets[host]?.running -= 1
    signal.raise()
  }

  /// Compares what the host lists now with the last reading, and publishes a change.
  ///
  /// - Returns: for how long it has not changed; `nil` for one of which the roster itself tells that.
  private func look(at key: JobKey) async throws -> Duration? {
    guard let repositories = kinds.first(where: { $0.name == key.name })?.repositories,
      let entry = repositories.roster?.entries[key.id],
      let reading = try await primary.states(of: key.name).state(of: key.id)?.currentReading
    else { return .zero }
    guard let listing = try await listing(of: key.id, at: repositories) else {
      repositories.drop(key.id)
      AgentMetrics.polled(key.name, "gone")
      return .zero
    }
    let found = listing.checksum
    guard found == reading.checksum else {
      // Told meanwhile, by a webhook say: that reading is under way.
      if try await primary.states(of: key.name).state(of: key.id)?.currentReading == reading {
        try await primary.publish(.updated, of: key.id, key.name, reason: Self.reason)
        checksums.raise()
      }
      AgentMetrics.polled(key.name, "changed")
      return .zero
    }
    AgentMetrics.polled(key.name, "unchanged")
    if entry.fingerprint != nil { return nil }
    return max(.zero, environment.now() - reading.readAt)
  }

  /// What the host lists; `nil` when it says that what the roster has left out is gone.
  private func listing(of id: ReplicableID, at repositories: ListedRepositories) async throws -> ContentListing? {
    do {
      return try await repositories.listing(of: id)
    } catch {
      guard error.code == .missingOnPrimary, repositories.roster?.entries[id]?.isLeftOut == true else { throw error }
      return nil
    }
  }

  /// The reason of events that a look has caused.
  private static let reason = "poll"
}
