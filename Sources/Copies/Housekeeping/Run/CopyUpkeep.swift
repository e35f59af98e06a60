internal import Foundation
internal import Glibc
package import Mirroring
package import SystemPackage
package import WorkerPool

/// What an agent does for a copy between its syncs, on threads of the lowest priority.
package struct CopyUpkeep: Sendable {
  private let copy: FilePath
  private let settings: HousekeepingSettings
  private let environment: HousekeepingEnvironment
  private let cancellation: CancellationFlag

  /// - Parameter settings: of these all but the scope, which each call finds by need; `run` bounds a check as well.
  package init(
    _ copy: FilePath, settings: HousekeepingSettings, environment: HousekeepingEnvironment,
    cancellation: CancellationFlag
  ) {
    self.copy = copy
    self.settings = settings
    self.environment = environment
    self.cancellation = cancellation
  }

  /// Runs the housekeeping that the copy needs; every failure is an outcome.
  ///
  /// - Parameter isThorough: history past the retention is removed as well, and a copy that is mostly unneeded objects
  ///   is repacked. Otherwise one directory listing decides whether there is work.
  package func housekeep(isThorough: Bool) -> HousekeepingOutcome {
    var settings = settings
    if !isThorough {
      do {
        let need = try PackInventory.need(
          of: CopyLayout(root: copy), at: environment.now(), grace: settings.grace, through: environment.files)
        guard let need else { return HousekeepingOutcome() }
        settings.scope = need
      } catch {
        return .failed(MirrorError(error, "housekeep", copy.string))
      }
    }
    return CopyHousekeeping(copy, settings: settings, environment: environment, cancellation: cancellation).execute()
  }

  /// Checks every object; see `ObjectCheck`.
  package func check() -> CheckOutcome {
    LowPriorityThread.run { [copy, settings, environment, cancellation] in
      ObjectCheck(
        copy, through: environment.files, deadline: .after(settings.run), now: environment.now,
        cancellation: cancellation
      )
      .execute()
    }
  }
}

/// What a mirror run does for its copy when it is done: puts the packs of a crowded one together, within a time.
package struct CopyMaintenance: Sendable {
  private let budget: Duration
  private let freeBytesToKeep: UInt64
  private let environment: HousekeepingEnvironment

  /// - Parameter budget: zero or less for nothing at all.
  package init(
    budget: Duration, freeBytesToKeep: UInt64, environment: HousekeepingEnvironment = HousekeepingEnvironment()
  ) {
    self.budget = budget
    self.freeBytesToKeep = freeBytesToKeep
    self.environment = environment
  }

  /// Runs housekeeping on a copy after a run that changed it. An unchanged copy is not examined.
  ///
  /// - Returns: why the packs could not be combined. The copy is equal nevertheless, and a later run that finds too
  ///   many packs retries.
  package func afterRun(
    _ request: MirrorRequest, _ outcome: MirrorOutcome, cancellation: CancellationFlag
  ) -> [MirrorOutcome.Warning] {
    guard budget > .zero, !request.isDryRun, !cancellation.isRaised,
      outcome.status == .updated || outcome.status == .cloned
    else { return [] }
    var settings = HousekeepingSettings()
    settings.run = budget
    settings.freeBytesToKeep = freeBytesToKeep
    do {
      let need = try PackInventory.need(
        of: CopyLayout(root: request.destination), at: environment.now(), grace: settings.grace,
        through: environment.files)
      guard let need else { return [] }
      settings.scope = need
    } catch {
      return [Self.failed(MirrorError(error, "housekeep", request.destination.string))]
    }
    let done = CopyHousekeeping(
      request.destination, settings: settings, environment: environment, cancellation: cancellation
    ).execute()
    guard let error = done.error else { return done.warnings }
    // Another run has begun and does the housekeeping itself; a cancelled run needs no warning.
    return error.code == .busy || error.code == .cancelled ? done.warnings : done.warnings + [Self.failed(error)]
  }

  private static func failed(_ error: MirrorError) -> MirrorOutcome.Warning {
    MirrorOutcome.Warning(code: "maintenance_failed", message: "its packs could not be put together: \(error)")
  }
}

/// A thread that gets the processor when no other thread needs it.
enum LowPriorityThread {
  /// The kernel's lowest (nice(2)).
  private static let lowest: Int32 = 19

  /// Runs `body` on a new thread and waits for it.
  ///
  /// Priorities belong to threads on Linux, and one that has lowered its own may not raise it again: hence a thread of
  /// its own, and not the caller's. Programs that it starts inherit the priority, from which their I/O priority is
  /// derived as well (ioprio_set(2)).
  static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result {
    let delivered = Monitor<Result?>(nil)
    let thread = Thread {
      // Refused it only costs others some speed.
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, lowest)
      let result = body()
      delivered.withLock { $0 = result }
    }
    thread.name = "housekeeping"
    thread.start()
    while true {
      if let result = delivered.wait(until: .distant, { $0 }) { return result }
    }
  }
}
