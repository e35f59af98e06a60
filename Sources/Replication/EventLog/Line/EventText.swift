internal import Replication
internal import TextBytes

/// The members of an event's line, before the log has given it an id.
struct EventText: Sendable {
  /// The event as readers will receive it: without the changes that were left out.
  let event: UnpublishedEvent
  /// The JSON between `id` and `chain`.
  let members: [UInt8]

  /// - Throws: `tooLarge` when the line would exceed the limit even without its changes.
  init(_ event: UnpublishedEvent, settings: EventLogSettings) throws(EventLogError) {
    var event = event
    var bytes: [UInt8] = []
    bytes.reserveCapacity(320)
    JSONText.append("created_at", "\(event.createdAt)", to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append("replicable_name", event.replicableName.text, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append("event_name", event.name.rawValue, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append(key: "payload", to: &bytes)
    Self.append(&event.payload, settings.changesBytes, to: &bytes)
    guard bytes.count + LineFrame.overhead <= settings.lineBytes else {
      throw EventLogError(
        .tooLarge,
        "publish '\(event.name)' of '\(event.replicableName)': the event takes \(bytes.count) bytes, a line of the log"
          + " takes \(settings.lineBytes); shorten its reason or correlation id")
    }
    self.event = event
    members = bytes
  }

  private static func append(_ payload: inout EventPayload, _ changesBytes: Int, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    JSONText.append("model_record_id", payload.modelRecordID.text, to: &bytes)
    func comma() { bytes.append(UInt8(ascii: ",")) }
    if let incarnation = payload.incarnation {
      comma()
      JSONText.append("incarnation", "\(incarnation)", to: &bytes)
    }
    if !payload.correlationID.isEmpty {
      comma()
      JSONText.append("correlation_id", payload.correlationID, to: &bytes)
    }
    if !payload.changes.isEmpty {
      comma()
      let kept = append(payload.changes, changesBytes, to: &bytes)
      if kept < payload.changes.count {
        comma()
        JSONText.append("changes_left_out", UInt64(payload.changes.count - kept), to: &bytes)
        payload.changes.removeLast(payload.changes.count - kept)
      }
    }
    if let reason = payload.reason {
      comma()
      JSONText.append("reason", reason, to: &bytes)
    }
    if let reading = payload.reading {
      comma()
      JSONText.append("checksum", "\(reading.checksum)", to: &bytes)
      comma()
      JSONText.append("generation", "\(reading.generation)", to: &bytes)
      comma()
      JSONText.append("read_at", "\(reading.readAt)", to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// - Returns: how many changes fit. Changes are an optimization only; an unpublished event would lose a push.
  private static func append(_ changes: [RefMove], _ limit: Int, to bytes: inout [UInt8]) -> Int {
    JSONText.append(key: "changes", to: &bytes)
    bytes.append(UInt8(ascii: "["))
    let start = bytes.count
    var kept = 0
    for change in changes {
      let before = bytes.count
      if kept > 0 { bytes.append(UInt8(ascii: ",")) }
      change.append(to: &bytes)
      guard bytes.count - start <= limit else {
        bytes.removeLast(bytes.count - before)
        break
      }
      kept += 1
    }
    bytes.append(UInt8(ascii: "]"))
    return kept
  }
}
