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

extension EventPayload {
  /// Reads a payload as `EventText` writes it.
  init(from scanner: inout JSONScanner) throws(JSONScanError) {
    var id: ReplicableID?
    var incarnation: Incarnation?
    var correlationID = ""
    var changes: [RefMove] = []
    var reason: String?
    var checksum: Checksum?
    var generation: Generation?
    var readAt: Timestamp?
    try scanner.take("{")
    var isFirst = true
    while let key = try scanner.nextKey(&isFirst) {
      if scanner.matches(key, "model_record_id") {
        id = try scanner.replicableID()
      } else if scanner.matches(key, "incarnation") {
        incarnation = Incarnation(try scanner.hexNumber())
      } else if scanner.matches(key, "correlation_id") {
        correlationID = try scanner.string()
      } else if scanner.matches(key, "changes") {
        changes = try RefMove.list(from: &scanner)
      } else if scanner.matches(key, "reason") {
        reason = try scanner.string()
      } else if scanner.matches(key, "checksum") {
        checksum = Checksum(try scanner.string())
        if checksum == nil { throw scanner.failure("a checksum before this place") }
      } else if scanner.matches(key, "generation") {
        generation = try scanner.generation()
      } else if scanner.matches(key, "read_at") {
        readAt = try scanner.timestamp()
      } else {
        try scanner.skipValue()
      }
    }
    guard let id else { throw scanner.failure("model_record_id") }
    var reading: PrimaryReading?
    if let checksum, let generation, let readAt {
      reading = PrimaryReading(checksum: checksum, generation: generation, readAt: readAt)
    }
    self.init(
      modelRecordID: id, incarnation: incarnation, correlationID: correlationID, changes: changes, reason: reason,
      reading: reading)
  }
}

extension RefMove {
  /// Appends `{"old":…,"new":…,"name":…}`.
  func append(to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    JSONText.append("old", old, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append("new", new, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append("name", name, to: &bytes)
    bytes.append(UInt8(ascii: "}"))
  }

  /// Reads an array of what `append` writes.
  static func list(from scanner: inout JSONScanner) throws(JSONScanError) -> [RefMove] {
    var moves: [RefMove] = []
    try scanner.take("[")
    var isFirst = true
    while try scanner.hasNext(&isFirst, closing: "]") { moves.append(try RefMove(from: &scanner)) }
    return moves
  }

  private init(from scanner: inout JSONScanner) throws(JSONScanError) {
    var old: String?
    var new: String?
    var name: String?
    try scanner.take("{")
    var isFirst = true
    while let key = try scanner.nextKey(&isFirst) {
      if scanner.matches(key, "old") {
        old = try scanner.string()
      } else if scanner.matches(key, "new") {
        new = try scanner.string()
      } else if scanner.matches(key, "name") {
        name = try scanner.string()
      } else {
        try scanner.skipValue()
      }
    }
    guard let old, let new, let name else { throw scanner.failure("old, new and name of a change") }
    self.init(old: old, new: new, name: name)
  }
}
