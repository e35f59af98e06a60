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
    let displaced = try displacedTips()
    var named = displaced.map(\.oid)
    named += Self.oids(inReflog: dropped)
    for entry in try RefJournal(old, through: files).entries().entries {
      named += entry.changes.compactMap(\.old)
    }
    try DroppedSalvage(from: old, to: new, through: files, cancellation: cancellation).save(named)
    try bringJournal()
    let log = DroppedLog(new, through: files)
    if !dropped.isEmpty {
      let directory = new.droppedLog.removingLastComponent()
      let made = try files.makeDirectories(directory)
      try files.replaceFile(new.droppedLog, with: dropped, permissions: .ownerReadWriteGroupOtherRead)
      try files.synchronizeParents(of: made)
    }
    try log.append(displaced, at: now)
  }

  /// Values of the old copy's refs that the new one does not have under the same name; none of what cannot be read.
  private func displacedTips() throws -> [(oid: ObjectID, name: ReferenceName)] {
    let before = try RefReader(repository: old.root, files: files).view().refs
    let after = try RefReader(repository: new.root, files: files).view().refs
    return before.filter { after.oid(of: $0.name) != $0.oid }.map { ($0.oid, $0.name) }
  }

  /// The old files under their names, and the new copy's own lines behind the last of them.
  private func bringJournal() throws {
    for entry in try files.entries(of: old.own) where entry.name.string.hasPrefix("refs.journal.") {
      let path = old.own.appending(entry.name)
      guard path != old.journal, let bytes = try files.contents(of: path, limit: CopyLayout.maximumFileBytes) else {
        continue
      }
      try files.replaceFile(new.own.appending(entry.name), with: bytes, permissions: .ownerReadWriteGroupOtherRead)
    }
    let lines = try wholeLines(of: old.journal) + wholeLines(of: new.journal)
    try files.replaceFile(new.journal, with: lines, permissions: .ownerReadWriteGroupOtherRead)
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
