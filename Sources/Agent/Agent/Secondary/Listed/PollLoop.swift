internal import Foundation
internal import Replication
internal import RepositoryReplication
internal import Scheduling

/// Polls hosts without an agent for changes: each repository less often the longer it is unchanged (`PollInterval`),
/// each host within its budget, and not at all while it is paused. Where a roster reports changes itself, polls only
/// confirm it, at the longest interval.
actor PollLoop {
  /// A repository of a kind.
  private struct Next {
    var at: ContinuousClock.Instant
    var failure: LookFailure?
  }

  /// The remaining polls of a host.
  private struct Budget {
    var tokens: Double
    var filledAt: ContinuousClock.Instant
  }

  /// Called with the result of a poll for a copy.
  struct Reactions: Sendable {
    /// The repository cannot be polled: its copy stays as it was.
    var lost: @Sendable (JobKey) async -> Void
    /// It can be polled again.
    var found: @Sendable (JobKey) async -> Void
  }

  private let primary: Primary
  private let kinds: [(name: ReplicableName, repositories: ListedRepositories)]
  private let settings: PollSettings
  private let observer: any ReplicationObserver
  private let environment: SiteEnvironment
  private let checksums: AutoResetEvent
  private let hosts: SourceHosts
  private let signal = AutoResetEvent()
  private var next: [JobKey: Next] = [:]
  private var slots = Slots(width: 8)
  private var leftOut: Set<JobKey> = []
  private var budgets: [String: Budget] = [:]
  private var names: [String: String] = [:]
  /// Due repositories, the longest due first; rebuilt at intervals.
  private var queue: ArraySlice<JobKey> = []
  private var queuedAt: ContinuousClock.Instant?

  private static let tick = Duration.milliseconds(500)

  init(
    _ primary: Primary, _ kinds: [(name: ReplicableName, repositories: ListedRepositories)], _ settings: PollSettings,
    checksums: AutoResetEvent, hosts: SourceHosts, known: [LookFailure], observer: any ReplicationObserver,
    environment: SiteEnvironment
  ) {
    self.primary = primary
    self.kinds = kinds
    self.settings = settings
    self.checksums = checksums
    self.hosts = hosts
    self.observer = observer
    self.environment = environment
    let (now, instant) = (environment.now(), ContinuousClock.now)
    for failure in known {
      // A time further in the future than any delay was set by another clock.
      let wait = min(max(.zero, failure.retryAt - now), settings.interval.upperBound)
      next[failure.key] = Next(at: instant + wait, failure: failure)
    }
  }

  /// Runs until the task is cancelled.
  func run(_ reactions: Reactions) async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        for (key, host) in take() { group.addTask { await self.poll(key, host, reactions) } }
        await signal.wait(atMost: Self.tick)
      }
      group.cancelAll()
    }
  }

  /// Repositories that cannot be polled, in order of kinds and ids.
  var failures: [LookFailure] {
    next.values.compactMap(\.failure).sorted { ($0.key.name.text, $0.key.id) < ($1.key.name.text, $1.key.id) }
  }

  /// Returns the failure of one; `nil` for one that can be polled, or was not polled yet.
  func failure(of key: JobKey) -> LookFailure? { next[key]?.failure }

  // MARK: Who is next

  private func take() -> [(JobKey, String)] {
    let now = ContinuousClock.now
    if queue.isEmpty, queuedAt.map({ now - $0 >= Self.tick }) ?? true { refill(at: now) }
    var taken: [(JobKey, String)] = []
    var kept: [JobKey] = []
    while !slots.isFull(at: now), let key = queue.popFirst() {
      guard let kind = kinds.first(where: { $0.name == key.name }), !slots.contains(key),
        let location = kind.repositories.location(of: key.id)
      else { continue }
      let host = host(of: location)
      // It is still due, and is in the next queue again.
      if hosts.isPaused(host) { continue }
      let hasFailed = next[key]?.failure != nil
      guard slots.mayStart(at: host, hasFailed: hasFailed, now: now), spend(host, at: now) else {
        kept.append(key)
        continue
      }
      slots.start(key, at: host, hasFailed: hasFailed, now: now)
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
        // It was just left out: the roster no longer reports its changes, so its host is polled.
        if !entry.isLeftOut { leftOut.remove(key) } else if leftOut.insert(key).inserted { next[key] = nil }
        let at = next[key]?.at ?? now
        if at <= now, !slots.contains(key) { due.append((key, at)) }
      }
    }
    if kinds.allSatisfy({ $0.repositories.roster != nil }), next.count > known.count {
      next = next.filter { known.contains($0.key) }
    }
    if names.count > 2 * known.count { names = [:] }
    leftOut.formIntersection(known)
    queue = due.sorted { $0.at < $1.at }.map(\.key)[...]
  }

  /// Returns the host of a location. Caches names of hosts, which are few, by locations, which are many.
  private func host(of location: String) -> String {
    if let known = names[location] { return known }
    let name = SourceHost.name(of: location)
    names[location] = name
    return name
  }

  private func spend(_ host: String, at now: ContinuousClock.Instant) -> Bool {
    let full = Double(settings.perMinute)
    var budget = budgets[host] ?? Budget(tokens: full, filledAt: now)
    budget.tokens = min(full, budget.tokens + (now - budget.filledAt) / .seconds(60) * full)
    budget.filledAt = now
    defer { budgets[host] = budget }
    guard budget.tokens >= 1, hosts.start([(host, slots.count(at: host, now: now))]) else { return false }
    budget.tokens -= 1
    return true
  }

  // MARK: One look

  private enum Outcome: Equatable {
    /// Unchanged for this duration.
    case quiet(Duration)
    case rosterTells, changed
    /// There was no reading to compare with.
    case notAsked
  }

  private func poll(_ key: JobKey, _ host: String, _ reactions: Reactions) async {
    let before = next[key]?.failure
    let jitter = Double(environment.random() % 1_000) / 1_000
    var state = Next(at: .now, failure: before)
    do {
      let outcome = try await look(at: key)
      let quiet =
        switch outcome {
        case .quiet(let duration): duration
        // Where the roster reports changes, polls only confirm it.
        case .rosterTells: settings.interval.upperBound * 10
        case .changed, .notAsked: Duration.zero
        }
      state.at = .now + PollInterval.next(quiet: quiet, within: settings.interval, jitter: jitter)
      if let before, outcome != .notAsked {
        state.failure = nil
        observer.log(
          .note("'\(key.id)' of '\(key.name)' can be asked at \(host) again, after \(before.failures) looks"))
        await reactions.found(key)
      }
    } catch {
      if !Task.isCancelled {
        AgentMetrics.polled(key.name, "failed")
        if let failure = error as? StrategyError, failure.disposition != .host {
          state = await failed(key, host, failure, before, jitter, reactions)
        } else {
          // A failure of the host or of this site's stores: the repository stays due, and waits.
          state.at = .now + Self.tick
        }
      }
    }
    next[key] = state
    slots.end(key)
    signal.raise()
  }

  private func failed(
    _ key: JobKey, _ host: String, _ error: StrategyError, _ before: LookFailure?, _ jitter: Double,
    _ reactions: Reactions
  ) async -> Next {
    let failures = (before?.failures ?? 0) + 1
    let wait = PollInterval.next(failures: failures, within: settings.interval, jitter: jitter)
    let now = environment.now()
    let failure = LookFailure(
      key: key, since: before?.since ?? now, failures: failures, message: "\(error)", retryAt: now + wait)
    if before == nil { observer.log(.trouble("ask \(host) for '\(key.id)' of '\(key.name)': \(error)")) }
    await reactions.lost(key)
    return Next(at: .now + wait, failure: failure)
  }

  /// Compares what the host lists now with the last reading, and publishes a change.
  ///
  private func look(at key: JobKey) async throws -> Outcome {
    // A repository that was not read yet is read now, with its own delay after each failure.
    guard let repositories = kinds.first(where: { $0.name == key.name })?.repositories,
      let entry = repositories.roster?.entries[key.id],
      let reading = try await primary.states(of: key.name).state(of: key.id)?.currentReading
    else { return .notAsked }
    guard let listing = try await listing(of: key.id, at: repositories) else {
      repositories.drop(key.id)
      AgentMetrics.polled(key.name, "gone")
      return .changed
    }
    let found = listing.checksum
    guard found == reading.checksum else {
      // A webhook, for example, reported the change meanwhile: that reading is running.
      if try await primary.states(of: key.name).state(of: key.id)?.currentReading == reading {
        try await primary.publish(.updated, of: key.id, key.name, reason: Self.reason)
        checksums.raise()
      }
      AgentMetrics.polled(key.name, "changed")
      return .changed
    }
    AgentMetrics.polled(key.name, "unchanged")
    return entry.fingerprint == nil ? .quiet(max(.zero, environment.now() - reading.readAt)) : .rosterTells
  }

  /// Returns the host's listing; `nil` when it answers that a repository that the roster left out is gone.
  private func listing(of id: ReplicableID, at repositories: ListedRepositories) async throws -> ContentListing? {
    do {
      return try await repositories.listing(of: id)
    } catch {
      guard error.code == .missingOnPrimary, repositories.roster?.entries[id]?.isLeftOut == true else { throw error }
      return nil
    }
  }

  /// The reason of events that a poll has caused.
  private static let reason = "poll"
}
