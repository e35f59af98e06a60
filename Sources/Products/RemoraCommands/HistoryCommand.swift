internal import ArgumentParser
internal import Foundation
internal import GitValues
internal import Mirroring

/// `remora history`: what happened to the refs of a copy.
struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Tell what happened to the refs of a copy, newest first.",
    discussion: """
      Old values stay readable in the copy: 'git -C COPY show OID' shows a commit
      that a force-push has dropped, and 'remora restore' brings it back.

      Examples:
        remora history /srv/copies/project.git
        remora history /srv/copies/project.git main --since 2026-11-01T00:00:00Z
      """)

  @Argument(help: "The copy.", completion: .directory)
  var copy: String

  @Argument(help: "Only this ref: a full name, or a short one such as main.")
  var ref: String?

  @Option(
    help: ArgumentHelp("Only from this moment on (RFC 3339, such as 2026-11-22T10:00:00Z).", valueName: "time"),
    transform: Moment.read)
  var since: Date?

  @Flag(help: "Print one JSON object a change.")
  var json = false

  private struct Report: Encodable {
    let time: String
    let ref: String
    @NullWhenMissing var old: String?
    @NullWhenMissing var new: String?
    let source: String
  }

  func run() async throws {
    do {
      let history = try CopyHistory.read(LocalPath.absolute(copy), of: ref, since: since)
      for change in history.changes.reversed() { try tell(change) }
      if history.damagedLines > 0 {
        Output.error("warning: \(history.damagedLines) lines of the journal are damaged and were left out")
      }
    } catch let error as MirrorError {
      Output.error("error: \(error)")
      throw ExitStatus.of(error)
    }
  }

  private func tell(_ change: CopyHistory.Change) throws {
    let report = Report(
      time: RefJournalTime.text(change.time), ref: change.name.description, old: change.old, new: change.new,
      source: change.source)
    if json {
      try Output.json(report)
    } else {
      let what = change.old == nil ? "created" : change.new == nil ? "deleted" : "changed"
      Output.result("\(report.time) \(what) \(report.ref) \(change.old ?? "-") -> \(change.new ?? "-")")
    }
  }
}
