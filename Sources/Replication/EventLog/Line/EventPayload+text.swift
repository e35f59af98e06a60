internal import Replication
internal import TextBytes

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
