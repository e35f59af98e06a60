internal import ArgumentParser
internal import Foundation
internal import GitValues
internal import Housekeeping
internal import Mirroring
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

/// `remora restore`: brings back what a copy held at a moment.
struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Bring back what a copy held at a moment.",
    usage: """
      remora restore <copy> --at <time> --into <new directory>
      remora restore <copy> --ref <ref> --at <time> [--as <name>] --into <path>
      """,
    discussion: """
      Without --ref: a new bare repository with refs and HEAD as the copy had them.
      With --ref: one ref, into a repository that is there or a new bundle. The
      copy stays what it is: a mirror of its source. 'remora history' shows the
      moments; each is exact as long as the copy keeps what was dropped (30 days).

      Exit 0: everything. Exit 2: some refs have lost objects and are not in the
      new repository; each is named.

      Examples:
        remora restore /srv/copies/project.git --at 2026-11-22T10:00:00Z \\
          --into /tmp/before.git
        remora restore /srv/copies/project.git --ref main --at 2026-11-22T10:00:00Z \\
          --as main-before --into /srv/git/project.git
      """)

  @Argument(help: "The copy.", completion: .directory)
  var copy: String

  @Option(
    help: ArgumentHelp("The moment (RFC 3339, such as 2026-11-22T10:00:00Z).", valueName: "time"),
    transform: Moment.read)
  var at: Date

  @Option(
    help: ArgumentHelp("Where to: a new directory; with --ref a repository, or a file to make.", valueName: "path"),
    completion: .directory)
  var into: String

  @Option(help: "Only this ref: a full name, a short one such as main, or HEAD.")
  var ref: String?

  @Option(name: .customLong("as"), help: ArgumentHelp("The ref's new name; the same unless given.", valueName: "name"))
  var newName: String?

  @Flag(help: "Print a JSON object.")
  var json = false

  mutating func validate() throws {
    guard newName == nil || ref != nil else { throw ValidationError("--as names the ref that --ref takes") }
  }

  private enum Outcome: Sendable {
    case repository(RepositoryRestoration.Outcome)
    case ref(RefRestoration.Outcome)
  }

  func run() async throws {
    let copy = try LocalPath.absolute(copy)
    let into = try LocalPath.absolute(into)
    let (ref, name, moment) = (ref, newName ?? ref, at)
    let line = Mutex(ProgressLine())
    let showsProgress = Output.statusIsTerminal && !json
    let result = Mutex<Result<Outcome, MirrorError>?>(nil)
    let interrupted = await Interruption.watch {
      let pool = WorkerPool(name: "restore", threads: 1, waitingLimit: 1)
      do {
        let outcome = try await pool.run { flag in
          if let ref, let name {
            return Outcome.ref(
              try RefRestoration(of: copy, cancellation: flag).execute(
                ref, at: moment, now: Date(), as: name, into: into))
          }
          let restoration = RepositoryRestoration(of: copy, into: into, cancellation: flag) { count in
            if showsProgress { line.withLock { $0.show(.checking(objects: count), prefix: "") } }
          }
          return Outcome.repository(try restoration.execute(at: moment, now: Date()))
        }
        result.withLock { $0 = .success(outcome) }
      } catch {
        result.withLock { $0 = .failure(MirrorError(error, "restore into", into.string)) }
      }
      await pool.shutdown()
    }
    line.withLock { $0.clear() }
    if interrupted { throw ExitStatus.interrupted }
    switch result.withLock({ $0 }) {
    case .success(.repository(let outcome)): try tell(outcome, copy, into)
    case .success(.ref(let outcome)): try tell(outcome, copy, into)
    case .failure(let error):
      Output.error("error: \(error)")
      throw ExitStatus.of(error)
    case nil: throw ExitStatus.failed
    }
  }

  private func tell(_ outcome: RepositoryRestoration.Outcome, _ copy: FilePath, _ into: FilePath) throws {
    if json {
      try Output.json(
        RestoreReport(
          copy: copy.string, at: RefJournalTime.text(at), since: RefJournalTime.text(outcome.since),
          into: into.string,
          refs: outcome.refs, head: outcome.head,
          lost: outcome.lost.map { .init(ref: $0.name.description, oid: $0.oid.hex, missing: $0.missing.hex) },
          uncertain: outcome.uncertain.map(\.description)))
    } else {
      Output.result(
        "restored \(outcome.refs) refs into \(into), as '\(copy)' was from \(RefJournalTime.text(outcome.since)) on")
    }
    for name in outcome.uncertain { Self.warn(name.description) }
    for ref in outcome.lost {
      Output.error("error: '\(ref.name)' (\(ref.oid)) is not restored: its object \(ref.missing) is no longer there")
    }
    if !outcome.lost.isEmpty { throw ExitStatus.someFailed }
  }

  private func tell(_ outcome: RefRestoration.Outcome, _ copy: FilePath, _ into: FilePath) throws {
    if json {
      try Output.json(
        RestoredRefReport(
          copy: copy.string, at: RefJournalTime.text(at), ref: outcome.ref.description, oid: outcome.oid.hex,
          into: into.string, name: outcome.name.description, objects: outcome.objects))
    } else {
      Output.result("restored \(outcome.ref) at \(outcome.oid) as \(outcome.name) into \(into)")
    }
    if !outcome.isCertain { Self.warn(outcome.ref.description) }
  }

  private static func warn(_ name: String) {
    Output.error(
      "warning: '\(name)' was changed by others than remora, or a line of the journal was lost: it has the value that the next "
        + "change replaced")
  }
}

/// A restored repository as JSON. Described in the article `JSONOutput`.
struct RestoreReport: Encodable {
  struct Lost: Encodable {
    let ref: String
    let oid: String
    let missing: String
  }

  let copy: String
  let at: String
  let since: String
  let into: String
  let refs: Int
  @NullWhenMissing var head: String?
  let lost: [Lost]
  let uncertain: [String]
}

/// A restored ref as JSON. Described in the article `JSONOutput`.
struct RestoredRefReport: Encodable {
  let copy: String
  let at: String
  let ref: String
  let oid: String
  let into: String
  let name: String
  let objects: Int
}
