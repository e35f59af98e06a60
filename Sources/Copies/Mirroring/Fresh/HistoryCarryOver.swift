internal import DurableFiles
internal import Foundation
internal import Git
internal import GitValues
internal import RefStore
internal import SystemPackage
internal import WorkerPool

/// Carries over the history of a replaced copy to the new one, and the objects that it names.
///
/// It runs before the new copy is published; a crash leaves an unfinished directory and the old copy as it was.
struct HistoryCarryOver {
  private let old: CopyLayout
  private let new: CopyLayout
  private let files: any FileSystemPort
  private let cancellation: CancellationFlag
  private let lost = Losses()

  /// Gathered by steps that are handed on as closures.
  private final class Losses {
    var lines: [String] = []
  }

  /// What of the old copy could not be read, one line each: that stays behind.
  var losses: [String] { lost.lines }

  init(
    from old: CopyLayout, to new: CopyLayout, through files: any FileSystemPort, cancellation: CancellationFlag
  ) {
    self.old = old
    self.new = new
    self.files = files
    self.cancellation = cancellation
  }

  /// Brings what can be read. What fails because the old copy is damaged is counted among the losses: a copy that
  /// cannot be read must not keep the one that replaces it away.
  func bring(at now: Date) throws {
    let dropped = try reading([]) { try wholeLines(of: old.droppedLog) }
    let before = try reading((refs: RefListing(), head: nil)) { try contents(of: old) }
    let after = try contents(of: new)
    let change = RefPlan(current: before.refs, listed: after.refs).changes
    let displaced = change.compactMap { change in change.old.map { (oid: $0, name: change.name) } }
    var named = displaced.map(\.oid)
    named += Self.oids(inReflog: dropped)
    for entry in try reading([], { try RefJournal(old, through: files).entries().entries }) {
      named += entry.changes.compactMap(\.old)
    }
    try counting(()) {
      try DroppedSalvage(from: old, to: new, through: files, cancellation: cancellation).save(named)
    }
    try bringJournal(change, heads: (before.head, after.head), at: now)
    let log = DroppedLog(new, through: files)
    if !dropped.isEmpty {
      let directory = new.droppedLog.removingLastComponent()
      let made = try files.makeDirectories(directory)
      try files.replaceFile(new.droppedLog, with: dropped, permissions: .ownerReadWriteGroupOtherRead)
      try files.synchronizeParents(of: made)
    }
    try log.append(displaced, at: now)
  }

  /// Reads a part of the old copy. One that cannot be read twice is lost: a disk may fail once.
  private func reading<Answer>(_ fallback: Answer, _ body: () throws -> Answer) throws -> Answer {
    do { return try body() } catch  where CopyFault.isOfTheCopy(error) {}
    return try counting(fallback, body)
  }

  private func counting<Answer>(_ fallback: Answer, _ body: () throws -> Answer) throws -> Answer {
    do {
      return try body()
    } catch  where CopyFault.isOfTheCopy(error) {
      lost.lines.append("\(error)")
      return fallback
    }
  }

  /// Refs and HEAD of a copy, as far as they can be read.
  private func contents(of layout: CopyLayout) throws -> (refs: RefListing, head: HeadLine?) {
    let contents = try RefReader(repository: layout.root, files: files).contents()
    return (RefReader.resolve(contents).refs, HeadLine(contents.head))
  }

  /// The old files under their names, and behind the last of them what the change of places changes. The new copy's own
  /// lines would say that there was nothing before.
  private func bringJournal(
    _ changes: [RefChange], heads: (old: HeadLine?, new: HeadLine?), at now: Date
  ) throws {
    let source = try RefJournal(new, through: files).entries().entries.last?.source ?? ""
    for entry in try reading([], { try files.entries(of: old.own) })
    where entry.name.string.hasPrefix("refs.journal.") {
      let path = old.own.appending(entry.name)
      guard path != old.journal,
        let bytes = try reading(nil, { try files.contents(of: path, limit: CopyLayout.maximumFileBytes) })
      else { continue }
      try files.replaceFile(new.own.appending(entry.name), with: bytes, permissions: .ownerReadWriteGroupOtherRead)
    }
    let lines = try reading([]) { try wholeLines(of: old.journal) }
    try files.replaceFile(new.journal, with: journalLines(lines), permissions: .ownerReadWriteGroupOtherRead)
    let newHead = heads.old == heads.new ? nil : heads.new
    guard !changes.isEmpty || newHead != nil else { return }
    let packed = try files.contents(of: new.packedRefs, limit: CopyLayout.maximumFileBytes) ?? []
    let entry = RefJournalEntry(
      id: RefJournalEntry.newID(at: now), time: now, source: source, oldHead: heads.old, newHead: newHead,
      packedRefsDigest: RefTransaction.digest(packed), changes: changes)
    let journal = RefJournal(new, through: files)
    try journal.append(entry)
    try journal.complete(entry.id, at: now)
  }

  /// Without the lines that are none: a damaged last line would keep the new copy from being changed.
  private func journalLines(_ bytes: [UInt8]) -> [UInt8] {
    let decoder = JSONDecoder()
    var kept: [UInt8] = []
    var count = 0
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      // Counted below is how it is reported.
      if (try? decoder.decode(RefJournalLine.self, from: Foundation.Data(line))) == nil {
        count += 1
      } else {
        kept += line
        kept.append(UInt8(ascii: "\n"))
      }
    }
    if count > 0 { lost.lines.append("read '\(old.journal)': \(count) lines are damaged") }
    return kept
  }

  /// A file up to its last newline: a line that was cut by a crash was never acted on.
  private func wholeLines(of path: FilePath) throws -> [UInt8] {
    guard let bytes = try files.contents(of: path, limit: CopyLayout.maximumFileBytes),
      let end = bytes.lastIndex(of: UInt8(ascii: "\n"))
    else { return [] }
    return Array(bytes[...end])
  }

  /// The new oid of every line `OLD NEW NAME …`.
  private static func oids(inReflog bytes: [UInt8]) -> [ObjectID] {
    bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
      return fields.count == 3 ? ObjectID(hex: fields[1]) : nil
    }
  }
}
