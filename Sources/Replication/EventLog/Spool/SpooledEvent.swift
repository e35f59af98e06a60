package import Replication
internal import TextBytes

/// A notification from a hook, a webhook or an operator that was spooled because the agent did not answer. It has the
/// Git host's names; the agent turns it into an event of the framework.
package struct SpooledEvent: Hashable, Sendable {
  /// The Git host's event.
  package enum Word: String, Sendable, CaseIterable {
    case push, update, destroy
  }

  /// What happened.
  package var word: Word
  /// The kind.
  package var replicableName: ReplicableName
  /// The replicable's id.
  package var id: ReplicableID
  /// The ref changes of a push, where the hook received them.
  package var changes: [RefMove]
  /// How many changes the writer left out because the file would have become too large.
  package var changesLeftOut: Int
  /// Correlates the effects of one push; may be empty.
  package var correlationID: String
  /// When the notification was made.
  package var time: Timestamp

  package init(
    word: Word, replicableName: ReplicableName, id: ReplicableID, changes: [RefMove] = [], changesLeftOut: Int = 0,
    correlationID: String = "", time: Timestamp
  ) {
    self.word = word
    self.replicableName = replicableName
    self.id = id
    self.changes = changes
    self.changesLeftOut = changesLeftOut
    self.correlationID = correlationID
    self.time = time
  }
}

extension SpooledEvent {
  /// The format that this version writes; a file with a larger number is moved to `bad/`.
  static let currentFormat: UInt64 = 1

  /// Bytes of a file, at most.
  static let maximumBytes = 1 << 20

  /// The event as a file's content, with as many changes as fit, and the number of those left out.
  var text: [UInt8] {
    var bytes: [UInt8] = [UInt8(ascii: "{")]
    func comma() { bytes.append(UInt8(ascii: ",")) }
    JSONText.append("format", Self.currentFormat, to: &bytes)
    comma()
    JSONText.append("event", word.rawValue, to: &bytes)
    comma()
    JSONText.append("name", replicableName.text, to: &bytes)
    comma()
    JSONText.append("id", id.text, to: &bytes)
    comma()
    JSONText.append("correlation_id", correlationID, to: &bytes)
    comma()
    JSONText.append("time", "\(time)", to: &bytes)
    comma()
    JSONText.append(key: "changes", to: &bytes)
    bytes.append(UInt8(ascii: "["))
    var kept = 0
    for change in changes {
      let before = bytes.count
      if kept > 0 { comma() }
      change.append(to: &bytes)
      guard bytes.count <= Self.maximumBytes - 64 else {
        bytes.removeLast(bytes.count - before)
        break
      }
      kept += 1
    }
    bytes.append(UInt8(ascii: "]"))
    // A file's number may be as large as the integer type allows.
    let leftOut = UInt64(changesLeftOut) + UInt64(changes.count - kept)
    if leftOut > 0 {
      comma()
      JSONText.append("changes_left_out", leftOut, to: &bytes)
    }
    bytes.append(contentsOf: "}\n".utf8)
    return bytes
  }

  /// Parses the output of `text`. Unknown members are skipped.
  init(_ bytes: [UInt8]) throws(JSONScanError) {
    self = try bytes.span.bytes.withUnsafeBytes { (text) throws(JSONScanError) in try SpooledEvent(text) }
  }

  private init(_ text: UnsafeRawBufferPointer) throws(JSONScanError) {
    var scanner = JSONScanner(text)
    var format: UInt64?
    var word: Word?
    var name: ReplicableName?
    var id: ReplicableID?
    var time: Timestamp?
    var changes: [RefMove] = []
    var leftOut: UInt64 = 0
    var correlationID = ""
    try scanner.take("{")
    var isFirst = true
    while let key = try scanner.nextKey(&isFirst) {
      if scanner.matches(key, "format") {
        format = try scanner.unsigned()
      } else if scanner.matches(key, "event") {
        word = Word(rawValue: try scanner.string())
      } else if scanner.matches(key, "name") {
        let text = try scanner.string()
        do { name = try ReplicableName(text) } catch { throw scanner.failure("a name of a kind before this place") }
      } else if scanner.matches(key, "id") {
        id = try scanner.replicableID()
      } else if scanner.matches(key, "changes") {
        changes = try RefMove.list(from: &scanner)
      } else if scanner.matches(key, "changes_left_out") {
        leftOut = try scanner.unsigned()
      } else if scanner.matches(key, "correlation_id") {
        correlationID = try scanner.string()
      } else if scanner.matches(key, "time") {
        time = try scanner.timestamp()
      } else {
        try scanner.skipValue()
      }
    }
    try scanner.end()
    guard let format, (1...Self.currentFormat).contains(format) else { throw scanner.failure("a format known here") }
    guard let word, let name, let id, let time else { throw scanner.failure("event, name, id and time") }
    self.init(
      word: word, replicableName: name, id: id, changes: changes, changesLeftOut: Int(clamping: leftOut),
      correlationID: correlationID, time: time)
  }
}
