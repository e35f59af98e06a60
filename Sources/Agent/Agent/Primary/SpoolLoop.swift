internal import AgentAPI
internal import EventLog
internal import Replication
internal import Synchronization

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
