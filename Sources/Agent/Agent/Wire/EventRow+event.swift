internal import AgentAPI
internal import Foundation
internal import Replication
internal import SiteTokens
internal import TextBytes

extension ReadingRow {
  init(_ reading: PrimaryReading) {
    self.init(
      checksum: "\(reading.checksum)", generation: "\(reading.generation)", readAt: "\(reading.readAt)")
  }

  var reading: PrimaryReading? {
    guard let checksum = Checksum(checksum), let generation = Generation(text: generation),
      let readAt = Timestamp(readAt)
    else { return nil }
    return PrimaryReading(checksum: checksum, generation: generation, readAt: readAt)
  }
}

extension Generation {
  /// Reads `LOG:ID`.
  init?(text: String) {
    var text = text
    guard let generation = text.withUTF8({ Generation(utf8: UnsafeRawBufferPointer($0)) }) else { return nil }
    self = generation
  }
}

extension RefMoveRow {
  init(_ move: RefMove) { self.init(old: move.old, new: move.new, ref: move.name) }

  var move: RefMove { RefMove(old: old, new: new, name: ref) }
}

extension EventRow {
  init(_ event: Event) {
    let payload = event.payload
    self.init(
      id: event.id, createdAt: "\(event.createdAt)", replicableName: event.replicableName.text,
      eventName: event.name.rawValue,
      payload: Payload(
        modelRecordId: payload.modelRecordID.text, incarnation: payload.incarnation.map { "\($0)" },
        correlationId: payload.correlationID,
        changes: payload.changes.isEmpty ? nil : payload.changes.map(RefMoveRow.init), reason: payload.reason,
        reading: payload.reading.map(ReadingRow.init)))
  }

  /// - Throws: `WireError` for an invalid event.
  func event() throws(WireError) -> Event {
    do {
      guard let moment = Timestamp(createdAt) else { throw WireError("an event at '\(createdAt)'") }
      return Event(
        id: id, createdAt: moment, replicableName: try ReplicableName(replicableName),
        name: EventName(rawValue: eventName),
        payload: EventPayload(
          modelRecordID: try ReplicableID(payload.modelRecordId),
          incarnation: try payload.incarnation.map { try WireError.parse(Incarnation($0), "the incarnation '\($0)'") },
          correlationID: ForeignText.line(payload.correlationId), changes: (payload.changes ?? []).map(\.move),
          reason: payload.reason.map { ForeignText.line($0) },
          reading: try payload.reading.map { try WireError.parse($0.reading, "a reading of '\($0.checksum)'") }))
    } catch let error as WireError {
      throw error
    } catch {
      throw WireError("\(error)")
    }
  }
}

/// Another site sent an invalid value.
struct WireError: Error, CustomStringConvertible {
  let description: String

  init(_ what: String) { description = "cannot make sense of \(ForeignText.line(what))" }

  static func parse<Value>(_ value: Value?, _ what: @autoclosure () -> String) throws(WireError) -> Value {
    guard let value else { throw WireError(what()) }
    return value
  }
}

extension FenceRow {
  /// Returns the row after checking that its names, which are displayed, stored and looked up, are names of sites.
  ///
  /// - Throws: `WireError`.
  func checked() throws(WireError) -> FenceRow {
    for name in [site] + [fencedBy].compactMap({ $0 }) where SiteName(name) == nil {
      throw WireError("the site name '\(name.prefix(63).filter { $0.isASCII && !$0.isNewline })'")
    }
    return self
  }
}

/// Sanitizes a row that another site sent, before it is stored and shown: all texts, numbers and lists, also of fields
/// that are added later.
enum ForeignRow {
  /// The row with each text as `ForeignText.line` makes it, of at most `length` characters, each list and each object
  /// cut to `count` members.
  ///
  /// - Throws: `WireError` for a number that is negative or larger than 10¹².
  static func cleaned<Row: Codable>(_ row: Row, length: Int = 1_000, count: Int = 200) throws -> Row {
    let value = try JSONSerialization.jsonObject(with: Data(try AgentJSON.encode(row)))
    let cleaned = try Self.cleaned(value, length, count)
    return try AgentJSON.decode(Row.self, from: try JSONSerialization.data(withJSONObject: cleaned))
  }

  private static func cleaned(_ value: Any, _ length: Int, _ count: Int) throws -> Any {
    switch value {
    case let text as String: return ForeignText.line(text, longest: length)
    case let list as [Any]: return try list.prefix(count).map { try cleaned($0, length, count) }
    case let object as [String: Any]:
      var members: [String: Any] = [:]
      for (key, member) in object.sorted(by: { $0.key < $1.key }).prefix(count) {
        members[ForeignText.line(key, longest: 100)] = try cleaned(member, length, count)
      }
      return members
    case let number as NSNumber:
      guard (0...1_000_000_000_000).contains(number.doubleValue) else {
        throw WireError("the number \(number) in a report")
      }
      return number
    default: return value
    }
  }
}
