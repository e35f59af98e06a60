internal import DurableFiles
internal import Foundation
internal import GitValues
internal import Mirroring
internal import SystemPackage

/// Drops lines of the ref journal by age, a file at a time.
///
/// A file is rewritten when most of it is past the retention, so a line may live longer, never shorter. Kept in any
/// case: entries of which the dropped log still keeps an object, all lines of them; damaged lines, as long as the line
/// before; and the newest entry with its outcome, by which the next run detects the outcome.
struct JournalTrimming {
  private let work: HousekeepingWork
  private let needed: Set<ObjectID>
  private let limit: Date
  private let now: Date

  init(_ work: HousekeepingWork, keeping needed: Set<ObjectID>, limit: Date, now: Date) {
    self.work = work
    self.needed = needed
    self.limit = limit
    self.now = now
  }

  private struct Line {
    let bytes: ArraySlice<UInt8>
    /// `nil` for a damaged one.
    let id: String?
    let isOld: Bool
  }

  func trim() throws {
    let paths = try RefJournal(work.layout, through: work.files).paths()
    var newest = Date.distantPast
    for path in paths {
      try work.checkTime()
      guard let bytes = try work.files.contents(of: path, limit: CopyLayout.maximumFileBytes), !bytes.isEmpty else {
        continue
      }
      // A torn tail belongs to the run that will cut it.
      guard bytes.last == UInt8(ascii: "\n") else { continue }
      let (lines, neededIDs) = read(bytes, &newest)
      let isNewestFile = path == work.layout.journal
      let lastID = isNewestFile ? lines.last { $0.id != nil }?.id : nil
      let kept = lines.filter { line in
        !line.isOld || line.id.map { neededIDs.contains($0) || $0 == lastID } ?? false
      }
      let keptBytes = kept.reduce(0) { $0 + $1.bytes.count + 1 }
      guard keptBytes < bytes.count / 2 else { continue }
      try noteHorizon()
      try work.replace(path, with: kept.flatMap { Array($0.bytes) + [UInt8(ascii: "\n")] })
    }
  }

  /// Records, before the first line is removed, that the journal is complete only within the retention.
  private func noteHorizon() throws {
    if let known = try JournalHorizon.load(work.layout, through: work.files), known >= limit { return }
    try work.replace(JournalHorizon.path(in: work.layout), with: JournalHorizon(limit).encoded())
  }

  /// - Returns: the lines, and the entries whose objects are still kept.
  private func read(_ bytes: [UInt8], _ newest: inout Date) -> (lines: [Line], needed: Set<String>) {
    let decoder = JSONDecoder()
    var neededIDs: Set<String> = []
    var isOld = false
    let lines = bytes.split(separator: UInt8(ascii: "\n")).map { text -> Line in
      // A damaged line goes with the one before it.
      guard let line = try? decoder.decode(RefJournalLine.self, from: Data(text)) else {
        return Line(bytes: text, id: nil, isOld: isOld)
      }
      if let time = RefJournalTime.date(line.time) {
        // As in the dropped log: never older than a line before it.
        if time <= now { newest = max(newest, time) }
        isOld = time <= now && newest <= limit
      } else {
        isOld = false
      }
      if let entry = line.entry, entry.changes.contains(where: { $0.old.map(needed.contains) ?? false }) {
        neededIDs.insert(line.id)
      }
      return Line(bytes: text, id: line.id, isOld: isOld)
    }
    return (lines, neededIDs)
  }
}
