internal import DurableFiles
internal import Foundation
internal import Git
internal import GitValues
internal import RefStore
internal import SystemPackage
internal import WorkerPool

/// What a new copy takes over from the one whose place it takes: its history, and what that names.
///
/// Done before the new copy is anybody's; a crash in here leaves an unfinished directory and the old copy as it was.
struct Heritage {
  private let old: CopyLayout
  private let new: CopyLayout
  private let files: any FileSystemPort
  private let cancellation: CancellationFlag

  init(
    from old: CopyLayout, to new: CopyLayout, through files: any FileSystemPort, cancellation: CancellationFlag
  ) {
    self.old = old
    self.new = new
    self.files = files
    self.cancellation = cancellation
  }

  func bring(at now: Date) throws {
    let dropped = try wholeLines(of: old.droppedLog)
    let (before, after) = try (contents(of: old), contents(of: new))
    let change = RefPlan(current: before.refs, listed: after.refs).changes
    let displaced = change.compactMap { change in change.old.map { (oid: $0, name: change.name) } }
    var named = displaced.map(\.oid)
    named += Self.oids(inReflog: dropped)
    for entry in try RefJournal(old, through: files).entries().entries {
      named += entry.changes.compactMap(\.old)
    }
    try DroppedSalvage(from: old, to: new, through: files, cancellation: cancellation).save(named)
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

  /// Refs and HEAD of a copy, as far as they can be read.
  private func contents(of layout: CopyLayout) throws -> (refs: RefListing, head: HeadLine?) {
    let contents = try RefReader(repository: layout.root, files: files).contents()
    return (RefReader.resolve(contents).refs, HeadLine(contents.head))
  }

  /// The old files under their names, and behind the last of them what the change of places changes. The new copy's own lines would
  /// say that there was nothing before.
  private func bringJournal(
    _ changes: [RefChange], heads: (old: HeadLine?, new: HeadLine?), at now: Date
  ) throws {
    let source = try RefJournal(new, through: files).entries().entries.last?.source ?? ""
    for entry in try files.entries(of: old.own) where entry.name.string.hasPrefix("refs.journal.") {
      let path = old.own.appending(entry.name)
      guard path != old.journal, let bytes = try files.contents(of: path, limit: CopyLayout.maximumFileBytes) else {
        continue
      }
      try files.replaceFile(new.own.appending(entry.name), with: bytes, permissions: .ownerReadWriteGroupOtherRead)
    }
    try files.replaceFile(
      new.journal, with: wholeLines(of: old.journal), permissions: .ownerReadWriteGroupOtherRead)
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
