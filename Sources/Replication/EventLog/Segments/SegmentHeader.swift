internal import Replication
internal import SystemPackage
internal import TextBytes

/// The first line of a segment: it makes the file self-contained, so that it can be checked when earlier segments are
/// pruned.
struct SegmentHeader: Hashable, Sendable {
  /// The format that this version writes; a larger number is refused.
  static let currentFormat: UInt64 = 1

  let format: UInt64
  let log: LogID
  /// The id of the header's own line.
  let firstID: UInt64
  /// The chain before the header's line: that of the last line of the segment before, or the log's id.
  let previousChain: UInt64
  /// When the segment was created, and the one before it ended.
  let createdAt: Timestamp

  /// The position before the header's line.
  var start: LogPosition { LogPosition(id: firstID - 1, chain: previousChain) }

  /// The members between `id` and `chain`.
  var members: [UInt8] {
    var bytes: [UInt8] = []
    JSONText.append("created_at", "\(createdAt)", to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append("format", format, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append("log_id", "\(log)", to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append("previous_chain", Hex.padded(previousChain), to: &bytes)
    return bytes
  }

  /// Parses a header's line and compares it with its segment.
  /// - Throws: `damaged`, `newerFormat`.
  static func check(
    _ line: UnsafeRawBufferPointer, path: FilePath, firstID: UInt64, of log: LogID
  ) throws(EventLogError) -> SegmentHeader {
    var reader = LineReader()
    let content: LineReader.Content
    do { content = try reader.content(of: line) } catch { throw .damagedLine(path, line: 1, "\(error)") }
    guard case .segment(let header) = content, header.firstID == firstID else {
      throw .damagedLine(path, line: 1, "it is not the first line of a segment with this name")
    }
    guard header.format <= currentFormat else { throw .newerFile(path, format: header.format) }
    guard header.log == log, firstID > 1 || header.previousChain == log.value else {
      throw .damagedLine(path, line: 1, "it belongs to the log \(header.log), not to \(log) of log.json")
    }
    return header
  }
}
