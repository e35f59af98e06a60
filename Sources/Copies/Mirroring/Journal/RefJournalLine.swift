package import Foundation
package import GitValues
internal import TextBytes

/// One line of the ref journal as JSON. A change of many refs takes several lines, `part` 1 to `parts`, each of which
/// repeats everything but the refs; it counts only when all parts are there.
package struct RefJournalLine: Codable, Sendable {
  struct Head: Codable, Sendable {
    var old: String?
    var new: String?
  }

  struct Change: Codable, Sendable {
    /// The name as text; of a name that is not UTF-8 the nearest text, and the bytes in `refBytes`.
    var ref: String
    /// The name's bytes in hexadecimal, only where the text cannot give them back.
    var refBytes: String?
    var old: String?
    var new: String?

    private enum CodingKeys: String, CodingKey {
      case ref, old, new
      case refBytes = "ref_bytes"
    }
  }

  var format = 1
  package var id: String
  package var time: String
  var outcome: Outcome?
  var source: String?
  var part: Int?
  var parts: Int?
  var head: Head?
  var packedRefs: String?
  var folded: String?
  var changes: [Change]?

  private enum CodingKeys: String, CodingKey {
    case format, id, time, outcome, source, part, parts, head, folded, changes
    case packedRefs = "packed_refs"
  }

  /// Refs on one line. Keeps a line near 30 KB, so that the last one is found by reading the file's tail.
  static let changesPerLine = 200

  /// The lines of an entry, in order.
  static func lines(of entry: RefJournalEntry) -> [RefJournalLine] {
    let parts = max(1, (entry.changes.count + changesPerLine - 1) / changesPerLine)
    return (0..<parts).map { part in
      let slice = entry.changes.dropFirst(part * changesPerLine).prefix(changesPerLine)
      return RefJournalLine(
        id: entry.id, time: RefJournalTime.text(entry.time), source: entry.source, part: part + 1, parts: parts,
        head: entry.newHead.map { Head(old: entry.oldHead?.text, new: $0.text) }, packedRefs: entry.packedRefsDigest,
        folded: entry.foldedDigest, changes: slice.map(Change.init))
    }
  }

  /// What became of the change with this line's id.
  enum Outcome: String, Codable, Sendable {
    /// It took effect, HEAD included.
    case completed
    /// The run died before it took effect.
    case abandoned
  }

  /// The line that says what became of an earlier change.
  static func outcome(_ outcome: Outcome, of id: String, at time: Date) -> RefJournalLine {
    RefJournalLine(id: id, time: RefJournalTime.text(time), outcome: outcome)
  }

  /// The entry of this line alone; `nil` for a line that records an outcome or lacks what an entry has.
  package var entry: RefJournalEntry? {
    guard outcome == nil, let source, let packedRefs, let date = RefJournalTime.date(time) else { return nil }
    return RefJournalEntry(
      id: id, time: date, source: source, oldHead: head?.old.flatMap(HeadLine.init(text:)),
      newHead: head?.new.flatMap(HeadLine.init(text:)), packedRefsDigest: packedRefs,
      foldedDigest: folded, changes: (changes ?? []).compactMap(\.value))
  }
}

extension RefJournalLine.Change {
  init(_ change: RefChange) {
    let text = String(decoding: change.name.bytes, as: UTF8.self)
    let isExact = Array(text.utf8) == change.name.bytes
    self.init(
      ref: text, refBytes: isExact ? nil : Hex.text(change.name.bytes), old: change.old?.hex,
      new: change.new?.hex)
  }

  var value: RefChange? {
    let name: [UInt8]
    if let refBytes {
      guard let bytes = Hex.bytes(refBytes, allowsCapitals: true) else { return nil }
      name = bytes
    } else {
      name = Array(ref.utf8)
    }
    return RefChange(
      name: ReferenceName(bytes: name), old: old.flatMap { ObjectID($0) }, new: new.flatMap { ObjectID($0) })
  }
}

extension RefJournalLine {
  /// Returns a line of the journal without the forgotten values; the unchanged line where it has none of them, or
  /// cannot be parsed.
  ///
  /// - Parameters:
  ///   - isForgotten: of a change of a ref.
  ///   - oids: values of a detached HEAD to remove.
  package static func forgetting(
    _ line: ArraySlice<UInt8>, where isForgotten: (RefChange) -> Bool, headsAt oids: Set<ObjectID>
  ) throws -> (bytes: [UInt8], removed: Int) {
    // What cannot be read names nothing either.
    guard var read = try? JSONDecoder().decode(RefJournalLine.self, from: Data(line)) else { return (Array(line), 0) }
    let changes = read.changes ?? []
    let kept = changes.filter { change in !(change.value.map(isForgotten) ?? false) }
    var removed = changes.count - kept.count
    if read.changes != nil { read.changes = kept }
    let heads = Set(oids.map(\.hex))
    if let old = read.head?.old, heads.contains(old) {
      read.head?.old = nil
      removed += 1
    }
    guard removed > 0 else { return (Array(line), 0) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (Array(try encoder.encode(read)), removed)
  }
}

/// RFC 3339 in UTC with milliseconds, as everywhere in Remora's files.
package enum RefJournalTime {
  package static func text(_ date: Date) -> String {
    RFC3339.text(RFC3339.milliseconds(since1970: date.timeIntervalSince1970))
  }

  /// `nil` for anything that is not such a time.
  package static func date(_ text: String) -> Date? {
    RFC3339.milliseconds(anyForm: text).map { Date(timeIntervalSince1970: Double($0) / 1_000) }
  }
}
