internal import Foundation
internal import Housekeeping
internal import Mirroring
package import Replication
internal import WorkerPool

/// Between the syncs of a copy.
extension RepositoryStrategy {
  package var needsUpkeep: Bool { true }

  package func housekeep(
    _ id: ReplicableID, isThorough: Bool
  ) async throws(StrategyError) -> HousekeepingReport {
    try await onWorker("housekeep", id.text) { flag in
      // Not fetched yet, or gone to the trash: there is nothing to put in order.
      guard case .present = try place.presence(of: id) else { return HousekeepingReport() }
      let outcome = upkeep(of: id, flag).housekeep(isThorough: isThorough)
      if let error = outcome.error { throw Self.ofThisMachine(error) }
      var report = HousekeepingReport()
      report.hasChanged = outcome.status == .done
      report.hasRewritten = outcome.replaced > 0 || outcome.isRepacked || outcome.looseObjects > 0
      report.warnings = outcome.warnings.map(\.code)
      return report
    }
  }

  package func check(_ id: ReplicableID) async throws(StrategyError) -> CheckReport {
    try await onWorker("check", id.text) { flag in
      if let rules {
        do {
          try requireSound(id, rules, flag)
        } catch let error as StrategyError where error.code == .broken {
          var report = CheckReport()
          report.findings = [error.message]
          return report
        }
      }
      guard case .present = try place.presence(of: id) else {
        throw StrategyError(.missing, "check '\(id)': the copy is not there")
      }
      let outcome = upkeep(of: id, flag).check()
      if let error = outcome.error { throw Self.ofThisMachine(error) }
      var report = CheckReport()
      for finding in outcome.findings where !finding.isRepaired {
        let line = "\(finding.subject): \(finding.message)"
        if finding.isRepairable { report.findings.append(line) } else { report.notes.append(line) }
      }
      return report
    }
  }

  private func upkeep(of id: ReplicableID, _ flag: CancellationFlag) -> CopyUpkeep {
    var settings = HousekeepingSettings()
    settings.run = limits.run
    settings.retention = retention
    settings.freeBytesToKeep = limits.freeBytesToKeep
    return CopyUpkeep(
      place.path(of: id), settings: settings,
      environment: HousekeepingEnvironment(files: environment.files, now: environment.now), cancellation: flag)
  }

  /// There is no other machine in it: what took too long, took too long here.
  private static func ofThisMachine(_ error: MirrorError) -> any Error {
    guard error.code == .timeout else { return error }
    return StrategyError(StrategyError.Code(rawValue: error.code.rawValue), error.description, disposition: .host)
  }
}
