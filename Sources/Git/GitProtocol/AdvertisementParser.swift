package import GitValues
internal import TextBytes

/// Reads an advertisement of version 0, 1 or 2 (gitprotocol-pack(5), gitprotocol-v2(5)), with or without the
/// `# service=` prelude of HTTP (gitprotocol-http(5)).
///
/// Feed it bytes as they arrive until `isComplete`, then `finish()`.
package struct AdvertisementParser: ~Copyable {
  enum State {
    /// Nothing seen; `afterPrelude` when only `# service=` and its flush were.
    case start(afterPrelude: Bool)
    /// `# service=` was seen, its flush must follow.
    case service
    /// Version 0 or 1; `isFirst` until the line with the capabilities was seen.
    case refs(isFirst: Bool)
    /// Version 0 or 1, in the `shallow` lines at the end.
    case shallow
    /// Version 2.
    case capabilities
    case complete
  }

  /// The line that a peeled value may follow.
  enum Previous {
    case none, head, listed
    /// A ref that is not in the listing; its peeled value is of no use either.
    case broken([UInt8])
  }

  private var decoder = PktLineDecoder()
  var builder: RefViewBuilder
  private let limits: ListingLimits
  var state = State.start(afterPrelude: false)
  var previous = Previous.none
  private var version = 0
  var capabilities = Capabilities()
  var isShallow = false
  private var byteCount = 0

  package init(limits: ListingLimits = ListingLimits()) {
    self.limits = limits
    builder = RefViewBuilder(limits: limits)
  }

  /// True when the whole advertisement was read.
  package var isComplete: Bool {
    if case .complete = state { true } else { false }
  }

  /// Takes the next bytes.
  ///
  /// - Throws: `malformed`, `notGit`, `limitExceeded`, `refused`, `unsupportedObjectFormat`. The parser is of no use
  ///   afterwards.
  package mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
    byteCount += bytes.count
    try limits.check(bytes: byteCount)
    var rest = bytes
    while let packet = try nextPacket(&rest) { try take(packet) }
  }

  /// Ends the input and returns the parsed advertisement.
  ///
  /// - Throws: `truncated` when it is incomplete, `notGit` when the input is something else.
  package mutating func finish() throws(ProtocolError) -> Advertisement {
    guard isComplete else {
      if decoder.packetCount == 0 { try Self.checkLooksLikeGit(decoder.beginning) }
      throw ProtocolError(
        .truncated, byteCount == 0 ? "the server answered nothing" : "the ref advertisement is cut off")
    }
    builder.namesHeadTarget = capabilities.namesHeadTarget
    let view = version == 2 ? nil : builder.finish()
    return Advertisement(version: version, capabilities: capabilities, view: view, isShallow: isShallow)
  }

  private mutating func nextPacket(
    _ rest: inout UnsafeRawBufferPointer
  ) throws(ProtocolError) -> PktLineDecoder.Packet? {
    do {
      return try decoder.next(from: &rest)
    } catch {
      if decoder.packetCount == 0 { try Self.checkLooksLikeGit(decoder.beginning + rest.prefix(64)) }
      throw error
    }
  }

  /// Looks at what stands where the first packet's length should: more of it may not be here yet, and the answer must
  /// not depend on how the network cut it.
  ///
  /// - Throws: `notGit` for bytes that begin as a web page or another document does.
  private static func checkLooksLikeGit(_ bytes: [UInt8]) throws(ProtocolError) {
    let length = bytes.prefix(PktLineDecoder.headerCount)
    guard let first = length.first(where: { $0 > 0x20 }) else {
      guard length.count == PktLineDecoder.headerCount else { return }
      throw ProtocolError(.notGit, "the answer is not git: it begins with blanks")
    }
    if first == UInt8(ascii: "<") { throw ProtocolError(.notGit, "the answer is an HTML page, not git") }
    if Hex.value(first, allowsCapitals: true) == nil {
      throw ProtocolError(.notGit, "the answer is not git: '\(ForeignText.serverLine(bytes, limit: 40))'")
    }
  }

  private mutating func take(_ packet: PktLineDecoder.Packet) throws(ProtocolError) {
    switch packet {
    case .line(let bytes): try takeLine(bytes.withoutLineEnd)
    case .flush: try takeFlush()
    case .delimiter, .responseEnd: throw ProtocolError(.malformed, "a section border inside the advertisement")
    }
  }

  private mutating func takeFlush() throws(ProtocolError) {
    switch state {
    case .service: state = .start(afterPrelude: true)
    // Servers before git 1.8.3 sent nothing but a flush for a repository without refs.
    case .start, .refs, .shallow, .capabilities: state = .complete
    case .complete: throw Self.afterTheEnd
    }
  }

  private static var afterTheEnd: ProtocolError {
    ProtocolError(.malformed, "the server goes on after the end of its advertisement")
  }

  private mutating func takeLine(_ line: UnsafeRawBufferPointer) throws(ProtocolError) {
    if line.hasPrefix("ERR ") { throw .refusal(line.dropping("ERR ")) }
    switch state {
    case .start(let afterPrelude): try takeFirstLine(line, afterPrelude: afterPrelude)
    case .service: throw ProtocolError(.malformed, "no flush after the service line")
    case .refs(let isFirst): try takeRefLine(line, isFirst: isFirst)
    case .shallow:
      guard line.hasPrefix("shallow ") else {
        throw ProtocolError(.malformed, "a ref after the shallow lines: '\(ForeignText.serverLine(line))'")
      }
    case .capabilities:
      try capabilities.append(line)
      try capabilities.checkObjectFormat()
    case .complete: throw Self.afterTheEnd
    }
  }

  private mutating func takeFirstLine(_ line: UnsafeRawBufferPointer, afterPrelude: Bool) throws(ProtocolError) {
    if line.hasPrefix("# service=") {
      guard !afterPrelude, line.isEqual(to: "# service=git-upload-pack") else {
        throw ProtocolError(.malformed, "unexpected service line '\(ForeignText.serverLine(line))'")
      }
      state = .service
    } else if line.isEqual(to: "version 2") {
      version = 2
      state = .capabilities
    } else if line.isEqual(to: "version 1") {
      version = 1
      state = .refs(isFirst: true)
    } else if line.hasPrefix("version ") {
      throw ProtocolError(.malformed, "the server speaks '\(ForeignText.serverLine(line))', which was not requested")
    } else {
      try takeRefLine(line, isFirst: true)
    }
  }
}

// Versions 0 and 1: lines of refs.
extension AdvertisementParser {
  mutating func takeRefLine(_ line: UnsafeRawBufferPointer, isFirst: Bool) throws(ProtocolError) {
    var reference = line
    if isFirst {
      state = .refs(isFirst: false)
      if let border = line.position(of: 0) {
        reference = line.upTo(border)
        try takeCapabilities(line.from(border + 1))
      }
    }
    if reference.hasPrefix("shallow ") {
      isShallow = true
      state = .shallow
      return
    }
    let text = reference
    let oid = ObjectID(hexBytes: reference.takeWord())
    let name = reference
    guard let oid, !name.isEmpty else {
      previous = .none
      try builder.addUnparsable(text)
      return
    }
    if isFirst, oid.isZero, name.isEqual(to: "capabilities^{}") { return }
    if name.hasSuffix("^{}") {
      try takePeeled(oid, of: name.upTo(name.count - 3))
    } else if try builder.add(name: name, oid: oid) {
      previous = RefViewBuilder.isHead(name) ? .head : .listed
    } else {
      previous = .broken(Array(name))
    }
  }

  private mutating func takeCapabilities(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
    var rest = bytes
    while !rest.isEmpty { try capabilities.append(rest.takeWord()) }
    try capabilities.checkObjectFormat()
    for symref in capabilities.values(of: "symref") where symref.starts(with: "HEAD:".utf8) {
      try builder.setHeadTarget(Array(symref.dropFirst("HEAD:".utf8.count)), countsAsLine: false)
    }
  }

  /// A line `OID NAME^{}` says where the tag on the line before ends.
  private mutating func takePeeled(_ oid: ObjectID, of name: UnsafeRawBufferPointer) throws(ProtocolError) {
    let follows =
      switch previous {
      case .none: false
      case .head: RefViewBuilder.isHead(name)
      case .listed: builder.isLast(name)
      case .broken(let broken): name.elementsEqual(broken)
      }
    guard follows, !oid.isZero else {
      throw ProtocolError(.malformed, "a peeled value without its tag: '\(ForeignText.serverLine(name))'")
    }
    if case .listed = previous { builder.setPeeledOfLast(oid) }
    previous = .none
  }
}

/// What a server says first, unasked: how it wants to talk, and in versions 0 and 1 its refs as well.
package struct Advertisement: Sendable {
  /// 0, 1 or 2.
  package let version: Int
  package let capabilities: Capabilities
  /// The refs; `nil` over version 2, where they are asked for.
  package let view: RefView?
  /// True when a `shallow` line was among the refs. Version 2 does not say.
  package let isShallow: Bool
}
