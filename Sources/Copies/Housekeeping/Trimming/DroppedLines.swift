internal import Foundation
internal import GitValues

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
