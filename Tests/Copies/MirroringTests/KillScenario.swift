import DurableFiles
import Foundation
import Mirroring
import SystemPackage
import TestSupport

/// A copy in the state before a run, kept to be copied for each kill, and what the run makes of it.
struct KillScenario: Sendable {
  let name: String
  /// nil for a first copy.
  let template: FilePath?
  let old: CopySnapshot?
  /// Moments of each phase in a run that is left alone.
  let moments: [MirrorPhase: Int]

  /// The three kinds of runs between which the kills are shared out.
  static let all: [PowerLossScenario] = [.takeover, .update, .firstCopy]

  /// Makes the template and lets one run pass to count its moments.
  init(_ scenario: PowerLossScenario, _ fixture: CrashFixture, in directory: FilePath) throws {
    name = scenario.rawValue
    let copy = directory.appending("template-\(scenario)/copy.git")
    try RealFileSystem().makeDirectories(copy.removingLastComponent())
    _ = try scenario.prepare(copy, fixture)
    let exists = try RealFileSystem().status(of: copy) != nil
    template = exists ? copy : nil
    old = exists ? try CopySnapshot(of: copy) : nil
    let counted = directory.appending("counted-\(scenario)/copy.git")
    try KillScenario.lay(template, at: counted)
    let trigger = KillSwitch()
    let outcome = try KillScenario.run(fixture.source.path, into: counted, trigger)
    if let error = outcome.error { throw error }
    moments = trigger.moments
  }

  /// Puts a copy as it is before the run at a path.
  static func lay(_ template: FilePath?, at copy: FilePath) throws {
    try RealFileSystem().makeDirectories(copy.removingLastComponent())
    if let template { try FileManager.default.copyItem(atPath: template.string, toPath: copy.string) }
  }

  /// The run that is to die.
  static func run(_ source: String, into copy: FilePath, _ trigger: KillSwitch) throws -> MirrorOutcome {
    try CrashFixture.mirror(
      source, into: copy, through: KillingFileSystem(trigger), passing: { trigger.enter($0) },
      report: { _ in trigger.pass() })
  }
}
