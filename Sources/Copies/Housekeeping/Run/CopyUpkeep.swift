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

  /// Does what the copy needs; every failure is an outcome.
  ///
  /// - Parameter isThorough: also what is past the retention goes, and a copy of which the larger part is not needed is packed anew.
  ///   Else one directory listing decides whether there is anything to do.
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
