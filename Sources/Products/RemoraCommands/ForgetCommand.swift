internal import ArgumentParser
internal import Housekeeping
internal import Mirroring
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

/// `remora forget`: remove a leaked secret from a copy before its time.
struct ForgetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget",
    abstract: "Remove a leaked secret from a copy, its history included.",
    discussion: """
      Removes what no ref reaches any more before its 30 days are over: an object
      (40 hexadecimal digits) with all history that needs it, or all former values
      of a ref. Take it out of the source first, and mirror. Readers that are at
      work on the copy may fail. Only this copy is changed: the source, other
      copies, backups and clones are not reached.

      Exit 0: it is gone. Exit 1: it failed, or something is left, which is named.

      Examples:
        remora forget /srv/p.git 0123456789abcdef0123456789abcdef01234567
        remora forget /srv/p.git refs/heads/leak
      """)

  @Argument(help: "The copy.", completion: .directory)
  var copy: String

  @Argument(help: "The object, or the ref whose former values go.")
  var target: String

  @Option(help: ArgumentHelp("Wait for another run on the same copy.", valueName: "seconds"))
  var wait: Int = 0

  @Flag(help: "Print a JSON object.")
  var json = false

  private struct Report: Encodable {
    let copy: String
    let target: String
    let gone: Bool
    let historyLines: Int
    let journalChanges: Int
    let removedObjects: Int
    let remaining: [String]
    let inTrash: [String]

    private enum CodingKeys: String, CodingKey {
      case copy, target, gone, remaining
      case historyLines = "history_lines"
      case journalChanges = "journal_changes"
      case removedObjects = "removed_objects"
      case inTrash = "in_trash"
    }
  }

  func validate() throws {
    guard wait >= 0 else { throw ValidationError("--wait takes 0 or more seconds") }
    guard !target.isEmpty else { throw ValidationError("name an object or a ref") }
  }

  func run() async throws {
    let path = try LocalPath.absolute(copy)
    let (target, wait) = (ForgetTarget(target), Duration.seconds(wait))
    let result = Mutex<Result<ForgetOutcome, MirrorError>?>(nil)
    let interrupted = await Interruption.watch {
      let pool = WorkerPool(name: "forget", threads: 1, waitingLimit: 1)
      do {
        let outcome = try await pool.run { flag in
          try CopyForgetting(path, wait: wait, cancellation: flag).forget(target)
        }
        result.withLock { $0 = .success(outcome) }
      } catch {
        result.withLock { $0 = .failure(MirrorError(error, "forget in", path.string)) }
      }
      await pool.shutdown()
    }
    if interrupted { throw ExitStatus.interrupted }
    switch result.withLock({ $0 }) {
    case .success(let outcome): try report(outcome, path)
    case .failure(let error):
      Output.error("error: \(error)")
      throw ExitStatus.of(error)
    case nil: throw ExitStatus.failed
    }
  }

  private func report(_ outcome: ForgetOutcome, _ path: FilePath) throws {
    if json {
      try Output.json(
        Report(
          copy: path.string, target: target, gone: outcome.remaining.isEmpty, historyLines: outcome.historyLines,
          journalChanges: outcome.journalChanges, removedObjects: outcome.removedObjects,
          remaining: outcome.remaining, inTrash: outcome.inTrash))
    } else {
      Output.result(
        "forgot \(target) in \(path): \(outcome.historyLines) lines of the history, \(outcome.journalChanges) changes"
          + " of the journal, \(outcome.removedObjects) objects")
    }
    for reason in outcome.remaining { Output.error("still there: \(reason)") }
    for place in outcome.inTrash { Output.error("also in the trash: \(place); run 'remora forget' on that copy too") }
    Output.error("not reached: the source, other copies of it, backups, and clones of readers")
    guard outcome.remaining.isEmpty else { throw ExitStatus.failed }
  }
}
