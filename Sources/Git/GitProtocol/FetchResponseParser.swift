import TextBytes

/// Reads the answer to a fetch up to the end of its pack: sections of version 2 (gitprotocol-v2(5)), or the ACK or
/// NAK line of versions 0 and 1 with a pack in side-band or bare (gitprotocol-pack(5)).
///
/// It assumes a request that said `done`: a server that wants to go on negotiating is at fault.
package struct FetchResponseParser: ~Copyable {
  /// How the server frames its answer; it follows from the version and from what the request asked for.
  package enum Framing: Sendable {
    case version2
    case version0(sideBand: Bool)

    /// The framing of the answer to `FetchRequest.encodedForVersion0(for:)`.
    package static func version0(for capabilities: Capabilities) -> Framing {
      .version0(sideBand: capabilities.contains("side-band-64k") || capabilities.contains("side-band"))
    }
  }

  /// A piece of the answer, lent for the length of the call.
  package enum Part {
    /// The next bytes of the pack.
    case pack(UnsafeRawBufferPointer)
    /// The server's progress messages; raw, see `ForeignText.serverLine`.
    case progress(UnsafeRawBufferPointer)
  }

  private enum State {
    case sectionHeader
    case acknowledgments
    case wantedRefs
    /// Version 0: the line before the pack.
    case acknowledgment
    case sideBand
    case barePack
    case complete
  }

  private var decoder = PktLineDecoder()
  private let framing: Framing
  private var state: State
  /// Bytes of pack so far.
  package private(set) var packByteCount: Int64 = 0
  /// True when the server acknowledged one of our haves. Version 2 does not after `done`.
  package private(set) var hasCommonObject = false

  package init(framing: Framing) {
    self.framing = framing
    state =
      switch framing {
      case .version2: .sectionHeader
      case .version0: .acknowledgment
      }
  }

  /// True when the end of the pack was seen. A bare pack ends only with the stream: then it stays false.
  package var isComplete: Bool { state == .complete }

  /// Parses the next bytes and passes on their content.
  ///
  /// - Throws: `ProtocolError` (`malformed`, `refused`, `wantedObjectMissing`, `shallow`), or the error of `receive`.
  package mutating func consume(_ bytes: UnsafeRawBufferPointer, _ receive: (Part) throws -> Void) throws {
    var rest = bytes
    while true {
      if state == .barePack {
        try emitPack(rest, receive)
        return
      }
      guard let packet = try decoder.next(from: &rest) else { return }
      try take(packet, receive)
    }
  }

  /// Says that no more bytes come.
  ///
  /// - Throws: `truncated` when the answer did not come to its end.
  package mutating func finish() throws(ProtocolError) {
    if state == .barePack, packByteCount > 0 { state = .complete }
    guard isComplete else {
      throw ProtocolError(
        .truncated,
        packByteCount > 0
          ? "the pack is cut off after \(packByteCount) bytes" : "the server ended its answer before the pack")
    }
  }

  private mutating func emitPack(_ bytes: UnsafeRawBufferPointer, _ receive: (Part) throws -> Void) throws {
    guard !bytes.isEmpty else { return }
    packByteCount += Int64(bytes.count)
    try receive(.pack(bytes))
  }

  private mutating func take(_ packet: PktLineDecoder.Packet, _ receive: (Part) throws -> Void) throws {
    switch packet {
    case .line(let bytes):
      if bytes.hasPrefix("ERR ") { throw ProtocolError.refusal(bytes.dropping("ERR ").withoutLineEnd) }
      try takeLine(bytes, receive)
    case .flush: try takeFlush()
    case .delimiter: try takeDelimiter()
    case .responseEnd: throw ProtocolError(.malformed, "the response ends before its pack")
    }
  }

  private mutating func takeLine(_ bytes: UnsafeRawBufferPointer, _ receive: (Part) throws -> Void) throws {
    switch state {
    case .sectionHeader: try takeSectionHeader(bytes.withoutLineEnd)
    case .acknowledgments: try takeAcknowledgment(bytes.withoutLineEnd)
    case .wantedRefs: break
    case .acknowledgment: try takeAcknowledgmentBeforePack(bytes, receive)
    case .sideBand: try takeBand(bytes, receive)
    case .barePack, .complete:
      throw ProtocolError(.malformed, "the server goes on after the end of the pack")
    }
  }

  private mutating func takeFlush() throws(ProtocolError) {
    switch state {
    case .sideBand: state = .complete
    case .sectionHeader, .acknowledgments, .wantedRefs, .acknowledgment:
      throw ProtocolError(.malformed, "the server ended its answer without a pack")
    case .barePack, .complete:
      throw ProtocolError(.malformed, "the server goes on after the end of the pack")
    }
  }

  private mutating func takeDelimiter() throws(ProtocolError) {
    switch state {
    case .acknowledgments, .wantedRefs: state = .sectionHeader
    case .sectionHeader, .acknowledgment, .sideBand, .barePack, .complete:
      throw ProtocolError(.malformed, "a section border where none belongs")
    }
  }
}

// The sections of version 2 and the lines before the pack.
extension FetchResponseParser {
  private mutating func takeSectionHeader(_ line: UnsafeRawBufferPointer) throws(ProtocolError) {
    if line.isEqual(to: "packfile") {
      state = .sideBand
    } else if line.isEqual(to: "acknowledgments") {
      state = .acknowledgments
    } else if line.isEqual(to: "wanted-refs") {
      state = .wantedRefs
    } else if line.isEqual(to: "shallow-info") {
      // A shallow history was not asked for, so this is the server's own (upload-pack.c, send_shallow_info).
      throw .shallowSource
    } else {
      throw ProtocolError(.malformed, "unexpected section '\(ForeignText.serverLine(line))'")
    }
  }

  private mutating func takeAcknowledgment(_ line: UnsafeRawBufferPointer) throws(ProtocolError) {
    if line.hasPrefix("ACK ") {
      hasCommonObject = true
    } else if !line.isEqual(to: "NAK"), !line.isEqual(to: "ready") {
      throw ProtocolError(.malformed, "unexpected acknowledgment '\(ForeignText.serverLine(line))'")
    }
  }

  /// Version 0: `ACK` or `NAK`, then the pack. A server that sends several of these lines is forgiven when they can
  /// be distinguished from the pack, that is in side-band.
  private mutating func takeAcknowledgmentBeforePack(
    _ bytes: UnsafeRawBufferPointer, _ receive: (Part) throws -> Void
  ) throws {
    guard case .version0(let sideBand) = framing else { preconditionFailure("only version 0 begins this way") }
    let line = bytes.withoutLineEnd
    if line.hasPrefix("ACK ") || line.isEqual(to: "NAK") {
      if line.hasPrefix("ACK ") { hasCommonObject = true }
      // With multi_ack a line for each common have comes first; the last line has no such word.
      let isLast = ![" continue", " common", " ready"].contains { line.hasSuffix($0) }
      if !sideBand, isLast { state = .barePack }
    } else if line.hasPrefix("shallow ") || line.hasPrefix("unshallow ") {
      throw ProtocolError.shallowSource
    } else if sideBand, let band = bytes.first, (1...3).contains(band) {
      state = .sideBand
      try takeBand(bytes, receive)
    } else {
      throw ProtocolError(.malformed, "unexpected line before the pack: '\(ForeignText.serverLine(line))'")
    }
  }

  private mutating func takeBand(_ bytes: UnsafeRawBufferPointer, _ receive: (Part) throws -> Void) throws {
    switch bytes.first {
    case 1: try emitPack(bytes.from(1), receive)
    case 2: try receive(.progress(bytes.from(1)))
    case 3: throw ProtocolError.refusal(bytes.from(1))
    default: throw ProtocolError(.malformed, "a packet of the pack without a side-band")
    }
  }
}

extension ProtocolError {
  /// The error for a source without all objects that its refs reach.
  package static var shallowSource: ProtocolError {
    ProtocolError(.shallow, "the source is a shallow repository and has not all objects that its refs reach")
  }
}
