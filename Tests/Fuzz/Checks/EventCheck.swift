import Replication
import TextBytes

@testable import EventLog

/// An event that was read must be written so that it is read as it was.
enum EventCheck {
  /// Checks a line as it may stand in a segment, without its newline; its frame is not looked at.
  static func line(_ bytes: [UInt8]) throws {
    var reader = LineReader()
    guard case .event(let event)? = content(bytes, &reader) else { return }
    guard case .event(let same)? = content(bytes, &reader), same == event else {
      throw Disagreement("a second look at the line finds something else")
    }
    try roundTrip(event)
  }

  static func roundTrip(_ event: Event) throws {
    let unpublished = UnpublishedEvent(
      replicableName: event.replicableName, name: event.name, payload: event.payload, createdAt: event.createdAt)
    let text: EventText
    do { text = try EventText(unpublished, settings: EventLogSettings()) } catch { return }
    var bytes: [UInt8] = []
    let before = LogPosition(id: 41, chain: 7)
    let chain = LineFrame.append(id: 42, group: 1, members: text.members, after: before.chain, to: &bytes)
    let line = Array(bytes.dropLast())
    let next = line.withUnsafeBytes { LineFrame($0)?.follows(before, $0) }
    try Disagreement.unless(next == LogPosition(id: 42, chain: chain), "a line that was written has no frame")
    var reader = LineReader()
    let written = Event(
      id: 42, createdAt: event.createdAt, replicableName: event.replicableName, name: event.name,
      payload: text.event.payload)
    guard case .event(let found)? = content(line, &reader), found == written else {
      throw Disagreement("an event is read otherwise than it was written")
    }
  }

  private static func content(_ line: [UInt8], _ reader: inout LineReader) -> LineReader.Content? {
    // What is refused is no event.
    line.withUnsafeBytes { try? reader.content(of: $0) }
  }
}
