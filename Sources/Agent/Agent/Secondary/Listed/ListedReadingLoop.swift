internal import Replication
internal import RepositoryReplication
internal import Scheduling

/// Reads the due checksums of repositories at hosts without an agent, independently of each other: one whose host does
/// not answer does not delay others.
actor ListedReadingLoop {
  private let primary: Primary
  private let kinds: [(name: ReplicableName, repositories: ListedRepositories)]
  private let hosts: SourceHosts
  private let signal: AutoResetEvent
  private let ended = AutoResetEvent()
  private let observer: any ReplicationObserver
  private let environment: SiteEnvironment
  private var slots: Slots
  private var hasFailed = false

  private static let tick = Duration.seconds(1)
  private static let portion = 1_000

  /// - Parameter width: readings at a time.
  init(
    _ primary: Primary, _ kinds: [(name: ReplicableName, repositories: ListedRepositories)], hosts: SourceHosts,
    signal: AutoResetEvent, width: Int, observer: any ReplicationObserver, environment: SiteEnvironment
  ) {
    self.primary = primary
    self.kinds = kinds
    self.hosts = hosts
    self.signal = signal
    self.observer = observer
    self.environment = environment
    slots = Slots(width: max(2, width))
    slots.widthOfHost = max(2, width)
  }

  /// Runs until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        for (key, host) in await take() { group.addTask { await self.read(key, host) } }
        await signal.wait(atMost: Self.tick)
      }
      group.cancelAll()
    }
  }

  private func take() async -> [(JobKey, String)] {
    var taken: [(JobKey, String)] = []
    do {
      for kind in kinds {
        // Entries of paused hosts must not hide the entries after them.
        for limit in [Self.portion, 100 * Self.portion] {
          let due = try await primary.states(of: kind.name).dueForChecksum(at: environment.now(), limit: limit)
          let before = taken.count
          for state in due { start(state, kind, &taken) }
          if taken.count > before || due.count < limit { break }
        }
      }
      hasFailed = false
    } catch {
      if !hasFailed, !Task.isCancelled { observer.log(.trouble("read checksums: \(error)")) }
      hasFailed = true
    }
    return taken
  }

  private func start(
    _ state: PrimaryState, _ kind: (name: ReplicableName, repositories: ListedRepositories),
    _ taken: inout [(JobKey, String)]
  ) {
    let (key, now) = (JobKey(name: kind.name, id: state.replicableID), ContinuousClock.now)
    guard !slots.isFull(at: now), !slots.contains(key), let location = kind.repositories.location(of: key.id) else {
      return
    }
    let host = SourceHost.name(of: location)
    let hasFailed = state.verificationRetryCount > 0
    guard !hosts.isPaused(host), slots.mayStart(at: host, hasFailed: hasFailed, now: now),
      hosts.start([(host, slots.count(at: host, now: now))])
    else { return }
    slots.start(key, at: host, hasFailed: hasFailed, now: now)
    taken.append((key, host))
  }

  private func read(_ key: JobKey, _ host: String) async {
    do {
      // A reading whose result could not be recorded, because the state could not be written, is started again.
      if try await primary.states(of: key.name).state(of: key.id)?.verificationState == .started {
        try await primary.states(of: key.name).change(key.id) { $0?.recoverAfterRestart() }
      }
      _ = try await primary.checksum(key.id, key.name)
    } catch {
      if !hasFailed, !Task.isCancelled { observer.log(.trouble("read the checksum of '\(key.id)': \(error)")) }
      hasFailed = true
      // A full disk, for example. The sleep throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: Self.tick)
      await recover(key)
    }
    slots.end(key)
    signal.raise()
  }

  private func recover(_ key: JobKey) async {
    // If that cannot be written either, the next start recovers it.
    try? await primary.states(of: key.name).change(key.id) { $0?.recoverAfterRestart() }
  }
}
