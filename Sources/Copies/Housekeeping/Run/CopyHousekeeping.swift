internal import DurableFiles
internal import Mirroring
package import SystemPackage
package import WorkerPool

/// Runs housekeeping on one copy: combines small packs, removes objects that the history no longer protects.
///
/// Synchronous: the calling thread waits, the work is done on one thread of the lowest priority, its children inherit
/// that. It holds the copy's owner lock, so no fetch runs meanwhile. Readers are not affected: a pack is removed an
/// hour after another has replaced it. A run that ends early, by error, cancellation, SIGKILL or loss of power, leaves
/// an intact copy, and the next run of either kind removes its leftovers.
package struct CopyHousekeeping: Sendable {
  private let copy: FilePath
  private let settings: HousekeepingSettings
  private let environment: HousekeepingEnvironment
  private let cancellation: CancellationFlag
  private let report: @Sendable (HousekeepingPhase) -> Void

  /// - Parameters:
  ///   - copy: a copy that Remora made; anything else is refused.
  ///   - report: receives each step before it begins, on the working thread.
  package init(
    _ copy: FilePath, settings: HousekeepingSettings = HousekeepingSettings(),
    environment: HousekeepingEnvironment = HousekeepingEnvironment(), cancellation: CancellationFlag,
    report: @escaping @Sendable (HousekeepingPhase) -> Void = { _ in }
  ) {
    self.copy = copy
    self.settings = settings
    self.environment = environment
    self.cancellation = cancellation
    self.report = report
  }

  /// Runs the needed housekeeping and returns the work done; every failure is an outcome.
  package func execute() -> HousekeepingOutcome {
    LowPriorityThread.run { work() }
  }

  private var attempt: String { "housekeep '\(copy)'" }

  private func work() -> HousekeepingOutcome {
    let layout = CopyLayout(root: copy)
    do {
      try CopyInspection.requireCopy(at: copy, for: attempt, through: environment.files)
      try environment.files.makeDirectories(layout.own)
      let lock = try OwnerLock.acquire(
        path: layout.ownerLock, wait: settings.wait, isCancelled: { [cancellation] in cancellation.isRaised })
      defer { lock.release() }
      var environment = environment
      environment.files = try SharedModeFileSystem.wrapping(environment.files, for: copy)
      SharedModeFileSystem.adjust(layout.ownerLock, in: environment.files)
      let work = HousekeepingWork(
        layout, settings: settings, environment: environment, cancellation: cancellation, report: report)
      return work.run()
    } catch let error as LockError {
      return .failed(refusal(error))
    } catch {
      return .failed(HousekeepingFailure.translate(error, attempt: attempt, copy: copy))
    }
  }

  private func refusal(_ error: LockError) -> MirrorError {
    switch error {
    case .held, .vanished: MirrorError(.busy, "\(attempt): \(error)")
    case .cancelled: HousekeepingFailure.translate(Cancelled(), attempt: attempt, copy: copy)
    case .failed(let error): HousekeepingFailure.translate(error, attempt: attempt, copy: copy)
    }
  }
}
