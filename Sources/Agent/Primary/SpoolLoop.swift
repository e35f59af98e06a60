internal import AgentAPI
internal import EventLog
internal import Replication
internal import Synchronization

/// Takes from the spool what hooks have left there while nobody answered.
final class SpoolLoop: Sendable {
  private let spool: SpoolIntake
  private let intake: EventIntake
  private let observer: any ReplicationObserver
  private let setAside = Mutex(0)

  private static let interval = Duration.seconds(1)

  init(_ spool: SpoolIntake, intake: EventIntake, observer: any ReplicationObserver) {
    self.spool = spool
    self.intake = intake
    self.observer = observer
  }

  /// Files that were no events and were put aside since the start.
  var setAsideCount: Int { setAside.withLock { $0 } }

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
        hasFailed = false
      } catch {
        if !hasFailed, !Task.isCancelled { observer.log(.trouble("take events from the spool: \(error)")) }
        hasFailed = true
      }
      // Cancelled: the loop sees it.
      try? await Task.sleep(for: Self.interval)
    }
  }

  /// What makes no sense is passed, told once; what failed for our own reasons stays in the spool.
  private func take(_ event: SpooledEvent) async throws {
    do {
      try await intake.take(event)
    } catch let error where Self.isSenseless(error) {
      observer.log(.trouble("a spooled event was passed over: \(error)"))
    }
  }

  /// Not for what holds only now, such as a fence: that event stays in the spool.
  private static func isSenseless(_ error: any Error) -> Bool {
    if let fault = error as? AgentFault { return [400, 404, 422].contains(fault.status) }
    return error is ReplicationError
  }
}
