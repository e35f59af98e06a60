package import GitValues
internal import TextBytes

/// Cuts a stream into pkt-lines (gitprotocol-common(5)): four hexadecimal digits of length, then the content.
///
/// Bytes go in as they arrive; packets come out whole. A packet that lies whole in the bytes given is lent from
/// there without a copy; only one cut by the end of the bytes is put together in a buffer of the decoder. So a pack
/// of any size passes in constant memory: 64 KiB.
///
///     var rest = bytes
///     while let packet = try decoder.next(from: &rest) { … }
package struct PktLineDecoder: ~Copyable {
  /// One packet. Borrowed bytes are valid until the next call of the decoder, and as long as the bytes given.
  package enum Packet {
    /// Content, possibly empty, line end included if there was one.
    case line(UnsafeRawBufferPointer)
    /// `0000`: the end of a message.
    case flush
    /// `0001`: the border between sections.
    case delimiter
    /// `0002`: the end of a response over a stateless connection.
    case responseEnd
  }

  /// Length of the four digits.
  package static let headerCount = 4
  /// The longest packet there is, its header included (gitprotocol-common(5)).
  package static let maximumCount = 65520

  private let carry: UnsafeMutableRawBufferPointer
  private var carried = 0
  /// True when the packet in `carry` was handed out by the last call.
  private var isCarryUsed = false
  /// Packets handed out so far; zero means that an error may come from something that is not git at all.
  package private(set) var packetCount = 0

  package init() {
    carry = .allocate(byteCount: Self.maximumCount, alignment: 1)
  }

  deinit { carry.deallocate() }

  /// Removes and returns the next complete packet from the front of `bytes`; `nil` when there is none. Then `bytes` is
  /// empty and its remainder is buffered.
  package mutating func next(from bytes: inout UnsafeRawBufferPointer) throws(ProtocolError) -> Packet? {
    if isCarryUsed {
      isCarryUsed = false
      carried = 0
    }
    if carried > 0 { return try nextCarried(from: &bytes) }
    guard bytes.count >= Self.headerCount else {
      keep(bytes.count, of: &bytes)
      return nil
    }
    let count = try Self.packetLength(bytes)
    guard bytes.count >= count else {
      keep(bytes.count, of: &bytes)
      return nil
    }
    let packet = Self.packet(UnsafeRawBufferPointer(rebasing: bytes[0..<Swift.max(count, Self.headerCount)]), count)
    bytes = UnsafeRawBufferPointer(rebasing: bytes[Swift.max(count, Self.headerCount)...])
    packetCount += 1
    return packet
  }

  /// Says that no more bytes come.
  ///
  /// - Throws: `truncated` when a packet has begun and not ended.
  package func finish() throws(ProtocolError) {
    guard isCarryUsed || carried == 0 else {
      throw ProtocolError(.truncated, "the answer ends in the middle of a packet")
    }
  }

  /// The bytes of a packet that has begun and not ended, for a message about what came instead of git.
  package var beginning: [UInt8] { isCarryUsed ? [] : Array(carry[0..<carried]) }

  private mutating func nextCarried(from bytes: inout UnsafeRawBufferPointer) throws(ProtocolError) -> Packet? {
    if carried < Self.headerCount { keep(Self.headerCount - carried, of: &bytes) }
    guard carried >= Self.headerCount else { return nil }
    let count = try Self.packetLength(UnsafeRawBufferPointer(carry))
    let missing = count - carried
    if missing > 0 { keep(missing, of: &bytes) }
    guard carried >= count else { return nil }
    isCarryUsed = true
    packetCount += 1
    return Self.packet(UnsafeRawBufferPointer(rebasing: carry[0..<carried]), count)
  }

  /// Moves up to `count` bytes from the front of `bytes` to the carry buffer.
  private mutating func keep(_ count: Int, of bytes: inout UnsafeRawBufferPointer) {
    let taken = Swift.min(count, bytes.count)
    guard taken > 0 else { return }
    UnsafeMutableRawBufferPointer(rebasing: carry[carried..<carried + taken])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[0..<taken]))
    carried += taken
    bytes = UnsafeRawBufferPointer(rebasing: bytes[taken...])
  }

  private static func packet(_ bytes: UnsafeRawBufferPointer, _ length: Int) -> Packet {
    switch length {
    case 0: .flush
    case 1: .delimiter
    case 2: .responseEnd
    default: .line(UnsafeRawBufferPointer(rebasing: bytes[headerCount...]))
    }
  }

  /// The length that the four digits say, header included; 0, 1 and 2 are the special packets.
  private static func packetLength(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) -> Int {
    var length = 0
    for position in 0..<headerCount {
      guard let digit = Hex.value(bytes[position], allowsCapitals: true) else {
        let shown = ForeignText.serverLine(UnsafeRawBufferPointer(rebasing: bytes[0..<headerCount]))
        throw ProtocolError(.malformed, "bad packet length '\(shown)'")
      }
      length = length << 4 | Int(digit)
    }
    guard length != 3, length <= maximumCount else {
      throw ProtocolError(.malformed, "bad packet length \(length)")
    }
    return length
  }
}

/// Builds a message of pkt-lines.
package struct PktLineEncoder {
  /// The message so far.
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(count) }

  /// Adds a line of `text` and a newline.
  package mutating func line(_ text: String) {
    beginLine(contentCount: text.utf8.count + 1)
    bytes.append(contentsOf: text.utf8)
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Adds a line of `keyword`, a space, the object id, `rest` and a newline.
  package mutating func line(_ keyword: StaticString, _ oid: ObjectID, _ rest: String = "") {
    beginLine(contentCount: keyword.utf8CodeUnitCount + 1 + ObjectID.hexCount + rest.utf8.count + 1)
    keyword.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(UInt8(ascii: " "))
    oid.appendHex(to: &bytes)
    bytes.append(contentsOf: rest.utf8)
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Adds a line of what `fill` appends, and a newline. The content with its newline must fit in a packet.
  package mutating func line(_ fill: (inout [UInt8]) -> Void) {
    let start = bytes.count
    bytes.append(contentsOf: "0000".utf8)
    fill(&bytes)
    bytes.append(UInt8(ascii: "\n"))
    let length = bytes.count - start
    precondition(length <= PktLineDecoder.maximumCount, "a line of ours fits in a packet")
    for (position, shift) in [12, 8, 4, 0].enumerated() {
      bytes[start + position] = Hex.digit(UInt8(truncatingIfNeeded: length >> shift))
    }
  }

  /// Adds `0000`, the end of a message.
  package mutating func flush() { bytes.append(contentsOf: "0000".utf8) }

  /// Adds `0001`, the border between sections.
  package mutating func delimiter() { bytes.append(contentsOf: "0001".utf8) }

  private mutating func beginLine(contentCount: Int) {
    let length = contentCount + PktLineDecoder.headerCount
    precondition(length <= PktLineDecoder.maximumCount, "a line of ours fits in a packet")
    for shift in [12, 8, 4, 0] {
      bytes.append(Hex.digit(UInt8(truncatingIfNeeded: length >> shift)))
    }
  }
}
