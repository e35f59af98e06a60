internal import DurableFiles
internal import Foundation
internal import Git
internal import GitValues
internal import Mirroring
internal import RefStore
internal import SystemPackage

extension HousekeepingWork {
  /// Removes lines past the retention: of the dropped log, then of the journal.
  ///
  /// Only the log keeps objects; the journal is for readers, and keeps the entries that the log still has.
  func trim() throws {
    enter(.trimming)
    let now = environment.now()
    let limit = now.addingTimeInterval(-settings.retention.seconds)
    let bytes = try files.contents(of: layout.droppedLog, limit: CopyLayout.maximumFileBytes)
    let log = DroppedLines(bytes ?? [], now: now)
    let kept = log.lines.filter { line in line.time.map { $0 > limit } ?? true }
    if kept.count < log.lines.count {
      // From now on it must be measured anew how much is needed; a crash must not leave it undone.
      try removeAid(layout.measurement)
      try replace(layout.droppedLog, with: kept.flatMap { Array($0.bytes) + [UInt8(ascii: "\n")] })
      outcome.trimmed += log.lines.count - kept.count
    }
    try JournalTrimming(self, keeping: Set(kept.compactMap(\.oid)), limit: limit, now: now).trim()
  }

  /// Puts a new file in the place of another, through staging: git reads every file below `logs/`, so nothing temporary
  /// may lie there. No content means no file.
  func replace(_ path: FilePath, with bytes: [UInt8]) throws {
    guard !bytes.isEmpty else {
      try files.unlink(path)
      try files.synchronizeDirectory(path.removingLastComponent())
      return
    }
    if try files.status(of: layout.staging) == nil { try staging.prepare() }
    try StagedFile.replace(path, with: bytes, staging: layout.staging.appending("replacement"), through: files)
  }

  /// What must never go: the values of refs and HEAD, and what the dropped log names as far as it is there.
  func neededTips() throws -> NeededTips {
    try NeededTips(layout, through: files, now: environment.now())
  }
}

/// The lines of a dropped log with the moments from which their objects' time counts.
///
/// A line is believed to be at least as young as those before it: lines are only ever appended, so an older time after
/// a younger one was written by a wrong clock. A time that is still to come is kept as it is, and makes no other line
/// younger.
struct DroppedLines {
  struct Line {
    /// Without its newline.
    let bytes: ArraySlice<UInt8>
    /// `nil` for an invalid reflog line, which is kept, because git reads it as well.
    let oid: ObjectID?
    let time: Date?
  }

  let lines: [Line]

  init(_ bytes: [UInt8], now: Date) {
    var newest = Date.distantPast
    lines = bytes.split(separator: UInt8(ascii: "\n")).map { line in
      guard let (oid, time) = Self.parse(line) else { return Line(bytes: line, oid: nil, time: nil) }
      guard time <= now else { return Line(bytes: line, oid: oid, time: time) }
      newest = max(newest, time)
      return Line(bytes: line, oid: oid, time: newest)
    }
  }

  /// What the lines name, each once.
  var oids: [ObjectID] {
    var seen: Set<ObjectID> = []
    return lines.compactMap(\.oid).filter { seen.insert($0).inserted }
  }

  /// `OLD NEW NAME <MAIL> SECONDS ZONE TAB MESSAGE`.
  private static func parse(_ line: ArraySlice<UInt8>) -> (ObjectID, Date)? {
    let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
    guard fields.count == 3, let oid = ObjectID(hex: fields[1]) else { return nil }
    let who = fields[2].prefix { $0 != UInt8(ascii: "\t") }
    guard let end = who.lastIndex(of: UInt8(ascii: ">")) else { return nil }
    let numbers = who[who.index(after: end)...].split(separator: UInt8(ascii: " "))
    guard let first = numbers.first, let seconds = Double(String(decoding: first, as: UTF8.self)), seconds.isFinite
    else { return nil }
    return (oid, Date(timeIntervalSince1970: seconds))
  }
}

/// The objects from which everything hangs that a copy must keep.
struct NeededTips {
  /// Refs, HEAD, and what the dropped log names and the copy has; each once.
  let present: [ObjectID]

  /// - Throws: when a ref cannot be read, for then what it needs is unknown.
  init(_ layout: CopyLayout, through files: any FileSystemPort, now: Date) throws {
    let view = try RefReader(repository: layout.root, files: files).view()
    guard view.broken.isEmpty else {
      throw MirrorError(
        .destinationDamaged, "housekeep '\(layout.root)': ref '\(view.broken[0].name)' cannot be read",
        hint: "let 'remora mirror' repair it first")
    }
    var seen: Set<ObjectID> = []
    var tips = view.refs.map(\.oid).filter { seen.insert($0).inserted }
    if case .detached(let oid) = view.head, seen.insert(oid).inserted { tips.append(oid) }
    let objects = try ObjectDatabase(objectsDirectory: layout.objects.pathText)
    let log = try files.contents(of: layout.droppedLog, limit: CopyLayout.maximumFileBytes) ?? []
    tips += DroppedLines(log, now: now).oids.filter { !$0.isZero && objects.contains($0) && seen.insert($0).inserted }
    present = tips
  }
}
