internal import Replication
internal import RepositoryReplication
internal import Scheduling
internal import Synchronization

/// The hosts that content is fetched from, and this machine, shared by syncs, verifications, readings and polls: all of
/// them ask here before they start and report their results here, so that one pause applies to all. `HostTable`
/// decides; this adds the lock, the clocks and the log.
final class SourceHosts: Sendable {
  private let table = Mutex(HostTable())
  private let environment: SiteEnvironment
  private let line: @Sendable (ReplicationLine) -> Void

  /// - Parameter line: takes the lines for the log.
  init(environment: SiteEnvironment, line: @escaping @Sendable (ReplicationLine) -> Void) {
    self.environment = environment
    self.line = line
  }

  /// Runs a step that reads or changes the table, exclusively.
  func withTable<Result: Sendable>(_ step: (inout HostTable) -> Result) -> Result { table.withLock { step(&$0) } }

  /// Logs a change of the table.
  func log(_ change: HostTable.Change) {
    switch change {
    case .paused(let host, let reason): line(.paused(host, reason))
    case .resumed(let host, let reason): line(.resumed(host, after: reason))
    }
  }

  // MARK: Before something starts

  /// Returns whether a job that needs all of these hosts may start, given the running jobs at each; if so, it counts as
  /// started.
  func start(_ needed: [(host: String, running: Int)]) -> Bool {
    let now = environment.moment.instant
    return withTable { $0.startIfAdmitted(needed, at: now) }
  }

  /// Whether the host is paused now.
  func isPaused(_ host: String) -> Bool {
    let now = environment.moment.instant
    return withTable { $0.isPaused(host, at: now) }
  }

  // MARK: After it ended

  /// Records an outcome that shows that the host answers.
  func succeeded(_ host: String, for key: JobKey) {
    let moment = environment.moment
    if let change = withTable({ $0.succeeded(host, for: key, at: moment) }) { log(change) }
  }

  /// Decides whose failure this is, pauses the host if it is the host's, and returns the error with that disposition.
  func attribute(_ error: StrategyError, of key: JobKey, at host: String) -> StrategyError {
    let moment = environment.moment
    let (attributed, change) = withTable { $0.attribute(error, of: key, at: host, moment) }
    if let change { log(change) }
    return attributed
  }

  // MARK: For status

  /// Returns why work for a host is paused; `nil` when it is not.
  func failure(of host: String) -> HostTable.Failure? { failures.first { $0.host == host } }

  /// The hosts that fail, in order of their names; this machine is among them.
  var failures: [HostTable.Failure] {
    let moment = environment.moment
    return withTable { $0.failures(at: moment) }
  }

  /// Restores the failures of an earlier process, so that a new process does not ask a host at once that named a retry
  /// time or was unreachable.
  func restore(_ failures: [HostTable.Failure]) {
    let moment = environment.moment
    withTable { $0.restore(failures, at: moment) }
  }
}

extension SiteEnvironment {
  /// Both clocks and a random number, read now.
  var moment: Moment {
    Moment(instant: .now, time: now(), jitter: Double(random() % 1_000) / 1_000)
  }
}

/// Returns the host of a location, by which failures, pauses and limits are counted.
enum SourceHost {
  /// The name that failures of this machine are counted under.
  static let machine = HostTable.machine

  /// Scheme, host and port without user info, in small letters, such as `https://git.example.org`; `file://` for a path
  /// on this machine.
  static func name(of location: String) -> String {
    // An invalid address belongs to no host: only its own repository fails.
    SourceURLText.host(of: location) ?? "file://"
  }
}

/// Probes hosts that repositories are fetched from while the primary publishes their changes (`clone_url`): one listing
/// at a time, of one repository after another. Without it an unreachable host would be detected by the next push only.
struct CloneProbeLoop: Sendable {
  let kinds: [(name: ReplicableName, address: AddressTemplate)]
  let secondary: Secondary
  let remote: HostListing
  let hosts: SourceHosts
  let interval: Duration
  let reactions: PollLoop.Reactions
  let observer: any ReplicationObserver

  /// Runs until the task is cancelled.
  func run() async {
    guard !kinds.isEmpty else { return }
    var places: [ReplicableName: ReplicableID] = [:]
    while !Task.isCancelled {
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: interval)
      for kind in kinds {
        do {
          places[kind.name] = try await probe(kind.name, kind.address, after: places[kind.name])
        } catch {
          if !Task.isCancelled { observer.log(.trouble("ask the host of '\(kind.name)': \(error)")) }
        }
      }
    }
  }

  /// - Returns: the position of the round over the copies; `nil` at its end.
  private func probe(
    _ name: ReplicableName, _ address: AddressTemplate, after last: ReplicableID?
  ) async throws -> ReplicableID? {
    guard let kind = secondary.kinds.first(where: { $0.name == name }), try await secondary.isEnabled(kind),
      let entry = try await secondary.registry(of: name).window(after: last, limit: 1).first
    else { return nil }
    let id = entry.replicableID
    // A failing entry is probed by its own retries.
    guard entry.state == .synced else { return id }
    let (key, location) = (JobKey(name: name, id: id), address.url(of: id))
    let host = SourceHost.name(of: location)
    guard hosts.start([(host, 0)]) else { return last }
    do {
      _ = try await remote.read(location, of: id)
      hosts.succeeded(host, for: key)
      AgentMetrics.polled(name, "unchanged")
    } catch {
      guard !Task.isCancelled else { return id }
      AgentMetrics.polled(name, "failed")
      let failure = hosts.attribute(error, of: key, at: host)
      if failure.disposition != .host { await reactions.lost(key) }
    }
    return id
  }
}
