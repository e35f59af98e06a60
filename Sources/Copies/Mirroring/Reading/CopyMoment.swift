package import DurableFiles
package import Foundation
package import GitValues
internal import RefStore
package import SystemPackage

/// What the refs and HEAD of a copy were at a moment: what they are now, with every later change of the journal undone.
///
/// Exact for every moment from the first entry of the journal on, or, once housekeeping has trimmed it, from its
/// horizon on (`JournalHorizon`). A moment is one of the copy's own clock, and the journal's order is the order of what
/// happened: where that clock was set back, the newest entry that is not later than the moment counts.
package struct CopyMoment: Sendable {
  /// When the change happened that made the copy so.
  package let since: Date
  /// Without peeled values.
  package let refs: RefListing
  /// The content of the file HEAD, without its line end: `ref: TARGET` or an oid; `nil` when unknown.
  package let head: [UInt8]?
  /// Refs on whose value the entries before and after the moment do not agree: another program changed them meanwhile,
  /// or a line of the journal was lost. They have the value that the later change replaced.
  package let uncertain: [ReferenceName]

  /// Reads journal and refs of a copy, without a lock: again, when a run changed them meanwhile.
  ///
  /// - Throws: `MirrorError`: destination_not_a_copy, moment_unknown, destination_locked when the copy does not come to
  ///   rest.
  package static func read(
    _ copy: FilePath, at moment: Date, now: Date, through files: any FileSystemPort = RealFileSystem()
  ) throws(MirrorError) -> CopyMoment {
    do {
      let layout = CopyLayout(root: copy)
      guard try files.status(of: layout.own) != nil else {
        throw MirrorError(
          .destinationNotACopy, "restore from '\(copy)': it is no copy of remora's",
          hint: "name a directory that 'remora mirror' made")
      }
      guard moment <= now else {
        throw MirrorError(
          .momentUnknown, "restore from '\(copy)': \(RefJournalTime.text(moment)) is yet to come",
          hint: "name a moment from the copy's history")
      }
      for _ in 0..<readings {
        let before = try stamps(layout, files)
        let (entries, _) = try RefJournal(layout, through: files).entries()
        let horizon = try JournalHorizon.load(layout, through: files)
        let limbo = try CopyHistory.abandonedByCrash(RefJournal(layout, through: files), layout, files)
        let contents = try RefReader(repository: layout.root, files: files).contents()
        guard try stamps(layout, files) == before else { continue }
        let happened = entries.filter { !$0.isAbandoned && $0.id != limbo }
        return try CopyMoment(
          of: copy, at: moment, happened, wholeSince: horizon, RefReader.resolve(contents).refs, HeadLine(contents.head)
        )
      }
      throw MirrorError(
        .destinationLocked, "restore from '\(copy)': its refs change all the time", hint: "run again when it is quieter"
      )
    } catch {
      throw MirrorError(error, "restore from", copy.string)
    }
  }

  /// A run changes refs within milliseconds.
  private static let readings = 100

  private static func stamps(_ layout: CopyLayout, _ files: any FileSystemPort) throws -> [FileStatus?] {
    try [layout.journal, layout.packedRefs, layout.head].map { try files.status(of: $0) }
  }

  init(
    of copy: FilePath, at moment: Date, _ entries: [RefJournalEntry], wholeSince horizon: Date? = nil,
    _ present: RefListing, _ presentHead: HeadLine?
  ) throws {
    // Before the horizon some entries are missing, so the remaining ones prove nothing.
    let first = horizon.map { horizon in entries.firstIndex { $0.time >= horizon } ?? entries.endIndex } ?? 0
    let known = entries[first...]
    let begin = horizon ?? entries.map(\.time).min()
    let last = known.lastIndex { $0.time <= moment }
    guard let begin, moment >= begin, last != nil || horizon != nil else {
      let begin = begin.map { "its history begins at \(RefJournalTime.text($0))" }
      throw MirrorError(
        .momentUnknown,
        "restore from '\(copy)' as it was at \(RefJournalTime.text(moment)): \(begin ?? "it has no history")",
        hint: "'remora history' shows the moments that are known")
    }
    var later: [ReferenceName: ObjectID?] = [:]
    var head = presentHead
    let next = last.map { $0 + 1 } ?? first
    for entry in entries[next...].reversed() {
      for change in entry.changes { later.updateValue(change.old, forKey: change.name) }
      if entry.newHead != nil { head = entry.oldHead }
    }
    var earlier: [ReferenceName: ObjectID?] = [:]
    for entry in entries[first..<next] {
      for change in entry.changes { earlier.updateValue(change.new, forKey: change.name) }
    }
    var refs = RefListing()
    for entry in present where later[entry.name] == nil { refs.append(name: entry.name, oid: entry.oid) }
    for (name, oid) in later { if let oid { refs.append(name: name, oid: oid) } }
    refs.sort()
    self.refs = refs
    self.head = head?.bytes
    since = last.map { entries[$0].time } ?? begin
    uncertain = earlier.filter { $0.value != refs.oid(of: $0.key) }.map(\.key).sorted()
  }
}
