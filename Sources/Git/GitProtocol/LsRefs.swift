package import GitValues
internal import TextBytes

/// Asks a version 2 server for its refs: all of them, with HEAD, peeled values and symbolic targets.
///
/// No `ref-prefix` is sent: a copy has every ref there is, and what the user excludes is left out on our side, so
/// that the answer does not depend on the server's reading of a prefix.
package struct LsRefsRequest: Sendable {
  /// The product and version to name, as `remora/1.0`. One word.
  package var agent: String
  /// Whether to say that we speak of SHA-1 objects. Only servers that advertise `object-format` understand it.
  package var namesObjectFormat: Bool
  /// Whether to ask for the target of an unborn HEAD. Servers that do not advertise `ls-refs=unborn` may refuse it.
  package var asksForUnborn: Bool

  package init(agent: String, namesObjectFormat: Bool, asksForUnborn: Bool) {
    self.agent = agent
    self.namesObjectFormat = namesObjectFormat
    self.asksForUnborn = asksForUnborn
  }

  /// The request that fits what the server advertised.
  package init(agent: String, for capabilities: Capabilities) {
    self.init(
      agent: agent, namesObjectFormat: capabilities.contains("object-format"),
      asksForUnborn: capabilities.value(of: "ls-refs", hasWord: "unborn"))
  }

  /// The request as bytes.
  package var encoded: [UInt8] {
    var encoder = PktLineEncoder()
    encoder.line("command=ls-refs")
    encoder.line("agent=\(agent)")
    if namesObjectFormat { encoder.line("object-format=sha1") }
    encoder.delimiter()
    encoder.line("peel")
    encoder.line("symrefs")
    if asksForUnborn { encoder.line("unborn") }
    encoder.flush()
    return encoder.bytes
  }
}

/// Reads the answer to `ls-refs` of version 2 (gitprotocol-v2(5)).
///
/// Feed it bytes as they arrive until `isComplete`, then `finish()`.
package struct LsRefsParser: ~Copyable {
  private var decoder = PktLineDecoder()
  private var builder: RefViewBuilder
  private let limits: ListingLimits
  private var byteCount = 0

  /// True when the whole answer was read.
  package private(set) var isComplete = false

  package init(limits: ListingLimits = ListingLimits()) {
    self.limits = limits
    builder = RefViewBuilder(limits: limits)
  }

  /// Takes the next bytes.
  ///
  /// - Throws: `malformed`, `limitExceeded`, `refused`. The parser is of no use afterwards.
  package mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
    byteCount += bytes.count
    try limits.check(bytes: byteCount)
    var rest = bytes
    while let packet = try decoder.next(from: &rest) {
      guard !isComplete else { throw ProtocolError(.malformed, "the server goes on after the end of its listing") }
      switch packet {
      case .line(let line): try takeLine(line.withoutLineEnd)
      case .flush: isComplete = true
      case .delimiter, .responseEnd: throw ProtocolError(.malformed, "a section border inside the listing")
      }
    }
  }

  /// Ends the input and returns the parsed refs. HEAD is `unknown` when the server did not name it and was not able to
  /// say `unborn`.
  ///
  /// - Throws: `truncated` when it is incomplete.
  package mutating func finish() throws(ProtocolError) -> RefView {
    guard isComplete else {
      throw ProtocolError(.truncated, byteCount == 0 ? "the server answered nothing" : "the ref listing is cut off")
    }
    return builder.finish()
  }

  /// `OID NAME *(SP attribute)`, or `unborn HEAD symref-target:NAME`.
  private mutating func takeLine(_ line: UnsafeRawBufferPointer) throws(ProtocolError) {
    if line.hasPrefix("ERR ") { throw .refusal(line.dropping("ERR ")) }
    var rest = line
    let first = rest.takeWord()
    let name = rest.takeWord()
    if first.isEqual(to: "unborn"), RefViewBuilder.isHead(name) {
      try takeUnborn(attributes: rest, line: line)
      return
    }
    guard let oid = ObjectID(hexBytes: first), !name.isEmpty else {
      if Self.isLongerObjectID(first) { throw .objectFormat("sha256") }
      try builder.addUnparsable(line)
      return
    }
    var peeled: ObjectID?
    while !rest.isEmpty {
      let attribute = rest.takeWord()
      if attribute.hasPrefix("peeled:") {
        guard let value = ObjectID(hexBytes: attribute.dropping("peeled:")), !value.isZero else {
          throw ProtocolError(.malformed, "a bad peeled value: '\(ForeignText.serverLine(line))'")
        }
        peeled = value
      } else if attribute.hasPrefix("symref-target:"), RefViewBuilder.isHead(name) {
        try builder.setHeadTarget(Array(attribute.dropping("symref-target:")), countsAsLine: false)
      }
      // Others may come with later servers; symbolic refs other than HEAD are kept as plain refs.
    }
    _ = try builder.add(name: name, oid: oid, peeled: peeled)
  }

  private mutating func takeUnborn(
    attributes: UnsafeRawBufferPointer, line: UnsafeRawBufferPointer
  ) throws(ProtocolError) {
    guard attributes.hasPrefix("symref-target:") else {
      throw ProtocolError(.malformed, "an unborn HEAD without a target: '\(ForeignText.serverLine(line))'")
    }
    var target = attributes.dropping("symref-target:")
    try builder.setHeadTarget(Array(target.takeWord()), countsAsLine: true)
  }

  /// 64 hexadecimal digits: a server whose advertisement we did not ask for may turn out to be of SHA-256.
  private static func isLongerObjectID(_ word: UnsafeRawBufferPointer) -> Bool {
    word.count == 64 && word.allSatisfy { Hex.value($0, allowsCapitals: true) != nil }
  }
}
