package import Mirroring
internal import SystemPackage
package import WorkerPool

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
