internal import Replication
internal import TextBytes

/// Writes one object, member by member; missing members are left out.
struct ObjectText {
  private(set) var bytes: [UInt8]
  private var isFirst = true

  init() {
    bytes = [UInt8(ascii: "{")]
    bytes.reserveCapacity(512)
  }

  private mutating func comma() {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
  }

  mutating func add(_ key: StaticString, _ text: String?) {
    guard let text else { return }
    comma()
    JSONText.append(key, text, to: &bytes)
  }

  mutating func add(_ key: StaticString, _ number: UInt64) {
    comma()
    JSONText.append(key, number, to: &bytes)
  }

  mutating func add(_ key: StaticString, _ moment: Moment) {
    guard let timestamp = moment.timestamp else { return }
    comma()
    JSONText.append(key: key, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
    timestamp.append(to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// A flag that is false is left out.
  mutating func add(_ key: StaticString, flag: Bool) {
    guard flag else { return }
    comma()
    JSONText.append(key: key, to: &bytes)
    bytes.append(contentsOf: "true".utf8)
  }

  mutating func add(_ key: [UInt8], _ text: String) {
    comma()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: key)
    bytes.append(contentsOf: "\":".utf8)
    JSONText.append(text, to: &bytes)
  }

  /// Members as they were read.
  mutating func add(raw members: [[UInt8]]) {
    for member in members {
      comma()
      bytes.append(contentsOf: member)
    }
  }

  consuming func end() -> [UInt8] {
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }
}
