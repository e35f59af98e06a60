internal import ArgumentParser
internal import Housekeeping
internal import Mirroring
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

/// `remora housekeep`: put a copy's packs together and let go what its history no longer protects.
struct HousekeepCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "housekeep",
    abstract: "Put the packs of a copy together, and free what it no longer keeps.",
    discussion: """
      Does only what is needed. Small packs become one; what refs have dropped is
      kept for the retention and then let go; where less than half of a copy is
      still needed, all of it is packed anew. It may be run at any time, beside
      readers too: a replaced pack stays for an hour and is removed by the next
      housekeeping after that.

      Examples:
        remora housekeep /srv/copies/project.git
        remora housekeep /srv/copies/project.git --retention 90 --json
      """)

  @Argument(help: "The copy.", completion: .directory)
  var copy: String

  @Option(help: ArgumentHelp("Keep what refs have dropped for so long, from the drop.", valueName: "days"))
  var retention: Int = 30

  @Option(help: ArgumentHelp("Wait for another run on the same copy.", valueName: "seconds"))
  var wait: Int = 0

  @Option(help: ArgumentHelp("End after so long, with the copy sound.", valueName: "seconds"))
  var timeout: Int = 6 * 3600

  @Option(help: ArgumentHelp("Bytes that must stay free on the copy's file system.", valueName: "bytes"))
  var keepFree: UInt64 = 64 << 20

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(help: "Print failures only.")
  var quiet = false

  func validate() throws {
    guard (1...36_500).contains(retention) else { throw ValidationError("--retention takes a number of days from 1") }
    guard wait >= 0 else { throw ValidationError("--wait takes 0 or more seconds") }
    guard timeout > 0 else { throw ValidationError("--timeout takes a number of seconds from 1") }
  }

  func run() async throws {
    let path = try LocalPath.absolute(copy)
    var settings = HousekeepingSettings()
    settings.wait = .seconds(wait)
    settings.run = .seconds(timeout)
    settings.retention = .seconds(retention * 24 * 3600)
    settings.freeBytesToKeep = keepFree
    let clock = ContinuousClock()
    let start = clock.now
    let printer = HousekeepPrinter(copy: path, isJSON: json, isQuiet: quiet)
    let interrupted = await Interruption.watch { [settings] in
      let pool = WorkerPool(name: "housekeeping", threads: 1, waitingLimit: 1)
      var outcome: HousekeepingOutcome
      do {
        outcome = try await pool.run { flag in
          CopyHousekeeping(path, settings: settings, cancellation: flag).execute()
        }
      } catch {
        outcome = .failed(
          MirrorError(.cancelled, "housekeep '\(path)': cancelled", hint: "the copy is sound; run again"))
      }
      await pool.shutdown()
      printer.tell(outcome, after: clock.now - start)
    }
    if interrupted { throw ExitStatus.interrupted }
    if let status = printer.exitStatus { throw status }
  }
}

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

/// The JSON object of one housekeeping, as `remora housekeep --json` prints it. Every key is there in every object; new ones may
/// come, none goes.
struct HousekeepReport: Encodable {
  struct Counts: Encodable {
    let before: Int
    let after: Int
  }

  struct Bytes: Encodable {
    let before: Int64
    let after: Int64
  }

  let copy: String
  let status: String
  let packs: Counts
  let bytes: Bytes
  let replaced: Int
  let waiting: Int
  let removed: Int
  let looseObjects: Int
  let trimmed: Int
  let repacked: Bool
  let droppedObjects: Int
  let seconds: Double
  @NullWhenMissing var error: MirrorReport.Failure?
  let warnings: [MirrorReport.Warning]

  private enum CodingKeys: String, CodingKey {
    case copy, status, packs, bytes, replaced, waiting, removed, trimmed, repacked, seconds, error, warnings
    case looseObjects = "loose_objects"
    case droppedObjects = "dropped_objects"
  }

  init(_ copy: FilePath, _ outcome: HousekeepingOutcome, _ seconds: Double) {
    self.copy = copy.string
    status = outcome.status.rawValue
    packs = Counts(before: outcome.packsBefore, after: outcome.packsAfter)
    bytes = Bytes(before: outcome.bytesBefore, after: outcome.bytesAfter)
    replaced = outcome.replaced
    waiting = outcome.waiting
    removed = outcome.removed
    looseObjects = outcome.looseObjects
    trimmed = outcome.trimmed
    repacked = outcome.isRepacked
    droppedObjects = outcome.droppedObjects
    self.seconds = seconds
    error = outcome.error.map {
      MirrorReport.Failure(code: $0.code.rawValue, message: $0.message, hint: $0.hint)
    }
    warnings = outcome.warnings.map { MirrorReport.Warning(code: $0.code, message: $0.message) }
  }
}
