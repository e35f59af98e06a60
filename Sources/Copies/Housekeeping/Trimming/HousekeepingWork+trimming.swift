internal import DurableFiles
internal import Foundation
internal import GitValues
internal import Mirroring
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
