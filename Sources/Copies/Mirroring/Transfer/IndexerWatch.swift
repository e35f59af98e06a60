package import Git
package import WorkerPool

/// Stops an indexer from outside when the run is cancelled or has no time left.
///
/// The progress callback asks for both, but a hostile pack can keep libgit2 busy between two callbacks for minutes.
/// Ends with the object that owns it.
package final class IndexerWatch {
  package let interruption: IndexerInterruption
  private let registration: CancellationFlag.Registration
  private let alarm: Task<Void, Never>

  package init(cancellation: CancellationFlag, deadline: Deadline) {
    let interruption = IndexerInterruption()
    self.interruption = interruption
    registration = cancellation.onRaise { interruption.interrupt() }
    alarm = Task {
      do {
        try await TimedWait.sleep(until: deadline)
      } catch {
        return  // the pack was indexed in time
      }
      interruption.interrupt()
    }
  }

  deinit {
    registration.remove()
    alarm.cancel()
  }
}
