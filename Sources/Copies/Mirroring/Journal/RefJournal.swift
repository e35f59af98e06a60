package import DurableFiles
package import Foundation
internal import GitValues
internal import StateFiles
package import SystemPackage

/// The history of a copy's refs: `remora/refs.journal.jsonl` and, once it has grown, numbered older files beside it.
///
/// Written only by the run that holds the owner lock. A line is durable before the refs that it announces change, so
/// after a crash the journal contains every change of the refs. A torn last line is cut off by the next append.
package struct RefJournal: Sendable {
  private let layout: CopyLayout
  private let files: any FileSystemPort

  private let rotationBytes: Int

  /// - Parameter rotationBytes: a file of this size is put aside before the next entry. Older files are dropped by age
  ///   only, never by size.
  package init(_ layout: CopyLayout, through files: any FileSystemPort, rotatingAt rotationBytes: Int = 16 << 20) {
    self.layout = layout
    self.files = files
    self.rotationBytes = rotationBytes
  }

  /// Appends an entry and waits until it is on disk.
  package func append(_ entry: RefJournalEntry) throws {
    try append(RefJournalLine.lines(of: entry), isDurable: true)
  }

  /// Appends that the entry with this id took effect. Not waited for: when the line is lost, the digest of
  /// `packed-refs` says the same to the next run.
  package func complete(_ id: String, at time: Date) throws {
    try append([.outcome(.completed, of: id, at: time)], isDurable: false)
  }

  /// Appends that the entry with this id did not happen. Not waited for, for the same reason.
  package func abandon(_ id: String, at time: Date) throws {
    try append([.outcome(.abandoned, of: id, at: time)], isDurable: false)
  }

  private func append(_ lines: [RefJournalLine], isDurable: Bool) throws {
    if isDurable { try rotateIfGrown() }
    let isNew = try files.status(of: layout.journal) == nil
    let file = try files.openForAppending(layout.journal, permissions: .ownerReadWriteGroupOtherRead)
    do {
      try cutTornTail(of: file)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      var bytes: [UInt8] = []
      for line in lines {
        bytes.append(contentsOf: try encoder.encode(line))
        bytes.append(UInt8(ascii: "\n"))
      }
      try file.write(bytes)
      if isDurable { try file.synchronize() }
      try file.close()
    } catch {
      // The first error is thrown; an error of close(2) adds nothing.
      try? file.close()
      throw error
    }
    if isNew { try files.synchronizeDirectory(layout.own) }
  }

  private func cutTornTail(of file: any WritableFile) throws {
    let length = try file.length
    guard length > 0 else { return }
    let tail = try FileTail.read(layout.journal, bytes: 1)
    guard tail.last != UInt8(ascii: "\n") else { return }
    let bytes = try files.contents(of: layout.journal, limit: CopyLayout.maximumFileBytes) ?? []
    try file.truncate(to: (bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1)
  }

  /// Not made durable here: the file that takes the name is, and its name with it (the same directory).
  private func rotateIfGrown() throws {
    guard let status = try files.status(of: layout.journal), status.size >= rotationBytes else { return }
    let number = (try olderFiles().last?.number ?? 0) + 1
    try files.rename(layout.journal, to: layout.own.appending("refs.journal.\(number).jsonl"))
  }

  private func olderFiles() throws -> [(number: Int, path: FilePath)] {
    guard try files.status(of: layout.own) != nil else { return [] }
    return try files.entries(of: layout.own).compactMap { entry in
      let parts = entry.name.string.split(separator: ".")
      guard parts.count == 4, parts[0] == "refs", parts[1] == "journal", parts[3] == "jsonl", let number = Int(parts[2])
      else { return nil }
      return (number, layout.own.appending(entry.name))
    }.sorted { $0.number < $1.number }
  }

  /// The files of the journal, oldest first; the last one may be missing.
  package func paths() throws -> [FilePath] { try olderFiles().map(\.path) + [layout.journal] }

  /// The newest entry, without its refs, if nothing says yet what became of it.
  package func undecided() throws -> RefJournalEntry? {
    guard try files.status(of: layout.journal) != nil else { return nil }
    var bytes = try FileTail.read(layout.journal, bytes: 1 << 20)
    if bytes.count == 1 << 20, bytes.firstIndex(of: UInt8(ascii: "\n")) == bytes.lastIndex(of: UInt8(ascii: "\n")) {
      bytes = try files.contents(of: layout.journal, limit: CopyLayout.maximumFileBytes) ?? []
    }
    guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return nil }
    let start = bytes[..<end].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    guard let line = try? JSONDecoder().decode(RefJournalLine.self, from: Foundation.Data(bytes[start..<end])) else {
      throw MirrorError(
        .destinationDamaged, "read '\(layout.journal)': the last whole line is damaged",
        hint: "move the file away to go on without its history")
    }
    // Of an entry that was cut short the change was never begun.
    guard line.outcome == nil, line.part == line.parts else { return nil }
    var entry = line.entry
    entry?.changes = []
    return entry
  }

  /// Every complete entry, oldest first; those that did not happen are marked. Damaged lines are counted, never guessed
  /// at.
  package func entries() throws -> (entries: [RefJournalEntry], damagedLines: Int) {
    var reader = RefJournalReader()
    for older in try olderFiles() {
      reader.read(try files.contents(of: older.path, limit: CopyLayout.maximumFileBytes) ?? [])
    }
    reader.read(try files.contents(of: layout.journal, limit: CopyLayout.maximumFileBytes) ?? [])
    return (reader.entries, reader.damagedLines)
  }
}

/// Puts the lines of journal files together into entries.
struct RefJournalReader {
  var entries: [RefJournalEntry] = []
  var damagedLines = 0
  private var pending: RefJournalEntry?
  private var pendingParts = 0

  mutating func read(_ bytes: [UInt8]) {
    let decoder = JSONDecoder()
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let line = try? decoder.decode(RefJournalLine.self, from: Foundation.Data(line)) else {
        damagedLines += 1  // counted is how it is reported: a torn line never announced a change that happened
        continue
      }
      add(line)
    }
  }

  private mutating func add(_ line: RefJournalLine) {
    if let outcome = line.outcome {
      if let index = entries.lastIndex(where: { $0.id == line.id }) {
        entries[index].isAbandoned = outcome == .abandoned
      }
      return
    }
    guard let entry = line.entry, let part = line.part, let parts = line.parts else {
      damagedLines += 1
      return
    }
    if part == 1 {
      pending = entry
      pendingParts = 1
    } else if pending?.id == entry.id, part == pendingParts + 1 {
      pending?.changes += entry.changes
      pendingParts = part
    } else {
      pending = nil  // the rest of an entry whose beginning is missing announces nothing
    }
    if part == parts, let complete = pending {
      entries.append(complete)
      pending = nil
    }
  }
}

/// The time from which the journal of a copy is complete (`remora/refs.journal.since.json`).
///
/// Older entries may be there, with others missing between them. Durable before the first line is removed; the file
/// does not exist before the first trimming. It moves with the journal at a fresh download.
package struct JournalHorizon: Codable, Equatable, Sendable {
  private var format = 1
  /// RFC 3339, UTC, milliseconds.
  private var completeSince: String

  private enum CodingKeys: String, CodingKey {
    case format
    case completeSince = "complete_since"
  }

  package init(_ moment: Date) { completeSince = RefJournalTime.text(moment) }

  package static func path(in layout: CopyLayout) -> FilePath { layout.own.appending("refs.journal.since.json") }

  /// `nil` when the journal is complete from its first entry on.
  ///
  /// - Throws: `MirrorError` (destination_damaged) for a file that cannot be read: then it is unknown.
  package static func load(_ layout: CopyLayout, through files: any FileSystemPort) throws -> Date? {
    let path = path(in: layout)
    let read: JournalHorizon?
    do {
      read = try StateFile(path, format: .json(), limit: 1 << 16, through: files).read()
      if read == nil { return nil }
    } catch is StateFileError {
      read = nil
    }
    guard let read, let date = RefJournalTime.date(read.completeSince) else {
      throw MirrorError(
        .destinationDamaged, "read '\(path)': it does not tell from when on the history is whole",
        hint: "write the moment from which you trust it: {\"format\":1,\"complete_since\":\"2026-11-22T10:00:00.000Z\"}"
      )
    }
    return date
  }

  /// The bytes of the file; housekeeping stages them.
  package func encoded() throws -> [UInt8] { try StateFormat<JournalHorizon>.json().encode(self) }
}
