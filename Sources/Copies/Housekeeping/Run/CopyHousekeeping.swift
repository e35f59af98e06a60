package import DurableFiles
package import Foundation
package import Mirroring
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

/// What one housekeeping run does, and within which bounds.
package struct HousekeepingSettings: Sendable {
  package enum Scope: Sendable {
    /// Replaced packs whose hour is over are removed.
    case removal
    /// Combines packs and removes replaced ones: the urgent work of a busy copy.
    case packs
    /// Also trims the history, and repacks a copy that is mostly unneeded objects.
    case everything
  }

  package var scope = Scope.everything
  /// How long to wait for another run on the same copy.
  package var wait: Duration = .zero
  /// When all must be over. Default 6 hours, as for a mirror run.
  package var run: Duration = .seconds(6 * 3600)
  /// How long what refs have dropped is kept, from the drop. Default 30 days.
  package var retention: Duration = .seconds(30 * 24 * 3600)
  /// How long a replaced pack stays for those who began to read before. Default an hour.
  package var grace: Duration = .seconds(3600)
  /// Number of loose objects that are packed. A copy that Remora created has none; one that was taken over may.
  package var looseObjects = 256
  /// Bytes that must stay free on the copy's file system. Default 64 MiB.
  package var freeBytesToKeep: UInt64 = 64 << 20

  package init() {}
}

extension Duration {
  /// As the difference of two dates counts.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// What a housekeeping needs of the world. Tests put a recording file system and a manual clock in.
package struct HousekeepingEnvironment: Sendable {
  package var files: any FileSystemPort
  package var now: @Sendable () -> Date
  /// Where `git` is looked for, and what of it reaches git. Without git libgit2 does the work.
  package var variables: [String: String]

  package init(
    files: any FileSystemPort = RealFileSystem(), now: @escaping @Sendable () -> Date = { Date() },
    variables: [String: String] = ProcessInfo.processInfo.environment
  ) {
    self.files = files
    self.now = now
    self.variables = variables
  }
}

/// The phases of a housekeeping, for a progress line, and by which fault tests name their moments.
package enum HousekeepingPhase: String, CaseIterable, Sendable {
  /// What dead runs left is swept, replaced packs whose hour is over are removed.
  case sweeping
  /// Lines of the dropped log and of the journal that are past the retention go.
  case trimming
  /// Measures the reachable objects.
  case measuring
  /// A pack is made.
  case packing
  /// It is shown to hold what it replaces.
  case proving
  /// It becomes visible.
  case publishing
  /// The multi-pack-index, bitmap and commit-graph are written.
  case describing
  /// The replaced packs are noted.
  case recording
  case finishing
}

/// How a housekeeping ended, in the terms of `--json`.
package struct HousekeepingOutcome: Sendable {
  package enum Status: String, Sendable {
    case done
    /// There was no need for anything.
    case nothing
    case failed
  }

  package var status = Status.nothing
  /// Packs from which readers read: all but replaced ones.
  package var packsBefore = 0
  package var packsAfter = 0
  /// Bytes of all packs with their indexes, replaced ones included.
  package var bytesBefore: Int64 = 0
  package var bytesAfter: Int64 = 0
  /// Packs that a new one replaced, in this housekeeping.
  package var replaced = 0
  /// Replaced packs that wait for the end of their hour.
  package var waiting = 0
  /// Replaced packs that were removed.
  package var removed = 0
  /// Loose objects that went into a pack or were past the retention.
  package var looseObjects = 0
  /// Lines of the dropped log that were past the retention.
  package var trimmed = 0
  /// Objects that the new packs no longer have, because nothing needs them any more.
  package var droppedObjects = 0
  package var isRepacked = false
  package var warnings: [MirrorOutcome.Warning] = []
  package var error: MirrorError?

  package init() {}

  package static func failed(_ error: MirrorError) -> HousekeepingOutcome {
    var outcome = HousekeepingOutcome()
    outcome.status = .failed
    outcome.error = error
    return outcome
  }

  /// Whether anything was changed.
  var hasDoneAnything: Bool {
    replaced > 0 || removed > 0 || looseObjects > 0 || trimmed > 0 || isRepacked
  }
}
