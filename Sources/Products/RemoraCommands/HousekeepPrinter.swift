internal import ArgumentParser
internal import Housekeeping
internal import Mirroring
internal import Synchronization
internal import SystemPackage

/// Says what a housekeeping did: a line, or a JSON object.
final class HousekeepPrinter: Sendable {
  private let copy: FilePath
  private let isJSON: Bool
  private let isQuiet: Bool
  private let status = Mutex<ExitCode?>(nil)

  init(copy: FilePath, isJSON: Bool, isQuiet: Bool) {
    self.copy = copy
    self.isJSON = isJSON
    self.isQuiet = isQuiet
  }

  /// `nil` when all is good.
  var exitStatus: ExitCode? { status.withLock { $0 } }

  func tell(_ outcome: HousekeepingOutcome, after duration: Duration) {
    if let error = outcome.error {
      status.withLock { $0 = ExitStatus.of(error) }
      Output.error("error: \(error)")
    }
    for warning in outcome.warnings { Output.error("warning: \(copy): \(warning.message)") }
    let seconds = MirrorReport.seconds(duration)
    if isJSON {
      do {
        try Output.json(HousekeepReport(copy, outcome, seconds))
      } catch {
        Output.error("error: cannot print the result: \(error)")
      }
    } else if !isQuiet, outcome.status != .failed {
      Output.result(Self.line(copy, outcome, seconds))
    }
  }

  private static func line(_ copy: FilePath, _ outcome: HousekeepingOutcome, _ seconds: Double) -> String {
    guard outcome.status == .done else {
      return "nothing to do \(copy): \(outcome.packsAfter) packs, \(ProgressLine.size(Int(outcome.bytesAfter)))"
    }
    var parts = ["\(outcome.packsBefore) packs became \(outcome.packsAfter)"]
    if outcome.isRepacked { parts.append("packed anew, \(outcome.droppedObjects) objects let go") }
    if outcome.trimmed > 0 { parts.append("\(outcome.trimmed) dropped values are past the retention") }
    if outcome.looseObjects > 0 { parts.append("\(outcome.looseObjects) loose objects taken in") }
    if outcome.removed > 0 { parts.append("\(outcome.removed) replaced packs removed") }
    if outcome.waiting > 0 { parts.append("\(outcome.waiting) replaced packs stay for an hour") }
    let sizes = "\(ProgressLine.size(Int(outcome.bytesBefore))) -> \(ProgressLine.size(Int(outcome.bytesAfter)))"
    return "done \(copy): \(parts.joined(separator: ", ")), \(sizes) in \(seconds) s"
  }
}
