internal import ArgumentParser
internal import Housekeeping
internal import Mirroring
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

/// `remora check`: are the objects of a copy still what they were?
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Read every byte of a copy, and see that nothing is missing.",
    discussion: """
      Hashes packs, indexes and loose objects, reads all refs, and walks all that
      refs, HEAD and the history reach, but for what an earlier check has walked
      in packs that are still the same. Damaged files that git can make anew are
      removed. Fetches and readers may go on meanwhile.

      Exit 0: sound. Exit 1: damaged, a line for each finding. Exit 2: some of
      several copies.

      Examples:
        remora check /srv/copies/project.git
        remora check /srv/copies/*.git --json
      """)

  @Argument(help: "The copies.", completion: .directory)
  var copies: [String]

  @Option(help: ArgumentHelp("Give up on a copy after this time.", valueName: "seconds"))
  var timeout: Int = 6 * 3600

  @Flag(help: "Walk all objects, those too that an earlier check has walked.")
  var full = false

  @Flag(help: "Print a JSON object a copy.")
  var json = false

  @Flag(help: "Print findings only.")
  var quiet = false

  mutating func validate() throws {
    guard !copies.isEmpty else { throw ValidationError("name a copy") }
    guard timeout > 0 else { throw ValidationError("--timeout must be greater than 0") }
  }

  func run() async throws {
    let paths = try copies.map(LocalPath.absolute)
    let (timeout, full, json, quiet) = (Duration.seconds(timeout), full, json, quiet)
    let outcomes = Mutex<[CheckOutcome]>([])
    let interrupted = await Interruption.watch {
      let pool = WorkerPool(name: "check", threads: 1, waitingLimit: 1)
      for path in paths {
        let line = CheckProgress(isShown: Output.statusIsTerminal && !quiet && !json)
        do {
          let outcome = try await pool.run { flag in
            ObjectCheck(
              path, deadline: .after(timeout), believesProof: !full, cancellation: flag, report: line.show
            ).execute()
          }
          line.clear()
          if outcome.error?.code == .cancelled { break }
          outcomes.withLock { $0.append(outcome) }
          try Self.tell(outcome, of: path, isJSON: json, isQuiet: quiet)
        } catch {
          line.clear()
          break  // cancelled, or the reader closed the output
        }
      }
      await pool.shutdown()
    }
    if interrupted { throw ExitStatus.interrupted }
    let sound = outcomes.withLock { $0.count(where: \.isSound) }
    guard sound < paths.count else { return }
    throw sound == 0 ? ExitStatus.failed : ExitStatus.someFailed
  }

  private static func tell(_ outcome: CheckOutcome, of copy: FilePath, isJSON: Bool, isQuiet: Bool) throws {
    if let error = outcome.error { Output.error("error: \(error)") }
    for finding in outcome.findings {
      Output.error("\(finding.isRepaired ? "repaired" : "damaged"): \(copy): \(finding)")
    }
    if isJSON {
      try Output.json(CheckReport(copy, outcome))
    } else if !isQuiet, outcome.isSound {
      Output.result(
        "sound \(copy): \(outcome.packs) packs, \(outcome.objects) objects, \(ProgressLine.size(Int(outcome.bytes))) read"
      )
    }
  }
}

/// An object check as JSON. Described in the article `JSONOutput`.
struct CheckReport: Encodable {
  struct Finding: Encodable {
    let kind: String
    let subject: String
    let message: String
    let repaired: Bool
  }

  let copy: String
  let sound: Bool
  let packs: Int
  let looseObjects: Int
  let bytes: Int64
  let objects: Int
  let proven: Int
  let findings: [Finding]
  @NullWhenMissing var error: MirrorReport.Failure?

  init(_ copy: FilePath, _ outcome: CheckOutcome) {
    self.copy = copy.string
    sound = outcome.isSound
    packs = outcome.packs
    looseObjects = outcome.looseObjects
    bytes = outcome.bytes
    objects = outcome.objects
    proven = outcome.provenObjects
    findings = outcome.findings.map {
      Finding(kind: $0.kind.rawValue, subject: $0.subject, message: $0.message, repaired: $0.isRepaired)
    }
    error = outcome.error.map {
      MirrorReport.Failure(code: $0.code.rawValue, message: $0.message, hint: $0.hint)
    }
  }

  private enum CodingKeys: String, CodingKey {
    case copy, sound, packs, bytes, objects, proven, findings, error
    case looseObjects = "loose_objects"
  }
}

/// The line on a terminal that says how far an object check is.
final class CheckProgress: Sendable {
  private let isShown: Bool
  private let throttle = Mutex((isUsed: false, value: ProgressThrottle<Bool>()))

  init(isShown: Bool) { self.isShown = isShown }

  /// Called often; written as often as `ProgressThrottle` allows.
  func show(_ progress: ObjectCheck.Progress) {
    guard isShown else { return }
    let isHashing = if case .hashing = progress { true } else { false }
    let isDue = throttle.withLock { throttle in
      throttle.isUsed = true
      return throttle.value.allows(isHashing, at: .now)
    }
    guard isDue else { return }
    let text =
      switch progress {
      case .hashing(let bytes, let total):
        "Hashing: \(ProgressLine.size(Int(bytes))) of \(ProgressLine.size(Int(total)))"
      case .walking(let objects): "Checking connectivity: \(objects)"
      }
    Output.status("\r\u{1B}[K\(text)")
  }

  func clear() {
    if throttle.withLock({ $0.isUsed }) { Output.status("\r\u{1B}[K") }
  }
}
