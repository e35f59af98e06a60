internal import Replication
internal import TextBytes

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
