internal import Mirroring
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
