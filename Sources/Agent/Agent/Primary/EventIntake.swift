internal import AgentAPI
internal import EventLog
internal import Replication
internal import Synchronization

/// Accepts notices from Git hosts, hooks and operators, and publishes them as events of the framework.
///
/// No notice deletes anything: `destroy` becomes an event on which each secondary asks this site, which answers by its
/// disk.
struct EventIntake: Sendable {
  let primary: Primary
  /// Raised when checksums have become due.
  let signal: AutoResetEvent

  /// - Throws: `AgentFault` of status 4xx for an invalid notice, `ReplicationError`, the stores' errors. The event is
  ///   durable on return.
  func take(_ notice: EventNotice) async throws {
    guard let word = SpooledEvent.Word(rawValue: notice.event.text) else {
      throw AgentFault(
        400, "unknown_event", "take the event '\(notice.event.text.prefix(40))' in: it is none of \(EventWord.list)")
    }
    let moves = (notice.changes ?? []).map(\.move)
    try await take(
      word, try ReplicableID(notice.id), try ReplicableName(notice.replicableName), moves,
      correlationID: notice.correlationId ?? "")
  }

  func take(_ event: SpooledEvent) async throws {
    try await take(event.word, event.id, event.replicableName, event.changes, correlationID: event.correlationID)
  }

  private func take(
    _ word: SpooledEvent.Word, _ id: ReplicableID, _ name: ReplicableName, _ changes: [RefMove], correlationID: String
  ) async throws {
    let states = try primary.states(of: name)
    guard try primary.selects(id, name) else {
      throw AgentFault(
        404, "not_selected", "take in '\(word.rawValue)' of '\(id)': include and exclude keep it out of '\(name)'")
    }
    switch word {
    case .destroy: try await primary.publish(.deleted, of: id, name, correlationID: correlationID, reason: "destroy")
    case .push, .update:
      let known = try await states.state(of: id)
      let isKnown = known != nil && known?.goneAt == nil
      if !isKnown, try await primary.strategy(of: name).presence(of: id) == .absent {
        throw AgentFault(
          404, "missing", "take in '\(word.rawValue)' of '\(id)': '\(name)' has nothing of that name",
          hint: "see whether the id is the path below the kind's root, without .git")
      }
      let isMutable = primary.kinds.first { $0.name == name }?.supportedEvents.contains(.updated) ?? false
      try await primary.publish(
        isKnown && isMutable ? .updated : .created, of: id, name, correlationID: correlationID, changes: changes)
    }
    signal.raise()
  }
}

/// Reads the events that hooks spooled while no agent answered.
final class SpoolLoop: Sendable {
  private let spool: SpoolIntake
  private let intake: EventIntake
  private let observer: any ReplicationObserver
  private let setAside = Mutex(0)
  private let stuck = Mutex(Stuck())

  /// Files that could be neither read nor moved at the last intake.
  struct Stuck: Hashable, Sendable {
    var count = 0
    /// The error of the first; `nil` without any.
    var reason: String?
  }

  private static let interval = Duration.seconds(1)

  init(_ spool: SpoolIntake, intake: EventIntake, observer: any ReplicationObserver) {
    self.spool = spool
    self.intake = intake
    self.observer = observer
  }

  /// Files that were no events and were moved to `bad/` since the start.
  var setAsideCount: Int { setAside.withLock { $0 } }

  /// Files that cannot be read and stay in the spool: their events are missing.
  var stuckFiles: Stuck { stuck.withLock { $0 } }

  /// Runs until the task is cancelled.
  func run() async {
    var hasFailed = false
    while !Task.isCancelled {
      do {
        let report = try await spool.take { events in
          for event in events { try await take(event) }
        }
        setAside.withLock { $0 += report.setAside }
        if report.setAside > 0 {
          observer.log(.trouble("\(report.setAside) files of the spool are no events; they lie in its directory 'bad'"))
        }
        note(Stuck(count: report.stuck, reason: report.firstProblem.map { "\($0)" }))
        hasFailed = false
      } catch {
        if !Task.isCancelled { note(Stuck(count: max(1, stuckFiles.count), reason: "\(error)"), isLogged: false) }
        if !hasFailed, !Task.isCancelled { observer.log(.trouble("take events from the spool: \(error)")) }
        hasFailed = true
      }
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: Self.interval)
    }
  }

  private func note(_ found: Stuck, isLogged: Bool = true) {
    let before = stuck.withLock { stuck in
      defer { stuck = found }
      return stuck
    }
    guard isLogged, found.count > 0, found != before else { return }
    observer.log(.trouble("\(found.count) files of the spool cannot be taken: \(found.reason ?? "no reason given")"))
  }

  /// An invalid event is logged once and dropped; one that failed for a reason of this site stays in the spool.
  private func take(_ event: SpooledEvent) async throws {
    do {
      try await intake.take(event)
    } catch let error where Self.isSenseless(error) {
      observer.log(.trouble("a spooled event was passed over: \(error)"))
    }
  }

  /// Whether the event itself is invalid. Not for temporary causes, such as a fence: that event stays in the spool.
  private static func isSenseless(_ error: any Error) -> Bool {
    if let fault = error as? AgentFault { return [400, 404, 422].contains(fault.status) }
    return error is ReplicationError
  }
}
