internal import Foundation

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
