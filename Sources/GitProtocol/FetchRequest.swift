package import GitValues

/// Asks for a pack with everything that `wants` reach and `haves` do not. One request, no rounds of negotiation.
///
/// A thin pack is never asked for: libgit2 1.5.1 can be hung by one, and completing it costs a pass a base.
/// Include-tag is not asked for: a mirror wants the tags that it wants by name.
package struct FetchRequest: Sendable {
  /// The product and version to name, as `remora/1.0`. One word.
  package var agent: String
  /// What must be in the pack, each once.
  package let wants: [ObjectID]
  /// What we have with all that it reaches. Unknown ones do no harm.
  package let haves: [ObjectID]
  /// Whether to ask for silence on side-band 2.
  package var wantsNoProgress: Bool

  /// Makes a request. Wants and haves named several times are sent once, in the order of their first naming; there
  /// must be a want.
  package init(agent: String, wants: [ObjectID], haves: [ObjectID], wantsNoProgress: Bool) {
    precondition(!wants.isEmpty, "a fetch wants something")
    self.agent = agent
    self.wants = Self.once(wants)
    self.haves = Self.once(haves)
    self.wantsNoProgress = wantsNoProgress
  }

  private static func once(_ oids: [ObjectID]) -> [ObjectID] {
    var seen = Set<ObjectID>(minimumCapacity: oids.count)
    return oids.filter { seen.insert($0).inserted }
  }

  /// Bytes of a line with an object id: four digits, a word of four, a space, the id, a newline.
  private static let lineCount = 50

  /// The request to a version 2 server.
  ///
  /// - Parameter namesObjectFormat: only for servers that advertise `object-format`.
  package func encodedForVersion2(namesObjectFormat: Bool) -> [UInt8] {
    var encoder = PktLineEncoder()
    encoder.reserveCapacity((wants.count + haves.count) * Self.lineCount + 200)
    encoder.line("command=fetch")
    encoder.line("agent=\(agent)")
    if namesObjectFormat { encoder.line("object-format=sha1") }
    encoder.delimiter()
    encoder.line("ofs-delta")
    if wantsNoProgress { encoder.line("no-progress") }
    for want in wants { encoder.line("want", want) }
    for have in haves { encoder.line("have", have) }
    encoder.line("done")
    encoder.flush()
    return encoder.bytes
  }

  /// The request to a version 0 or 1 server.
  ///
  /// `multi_ack` is left out on purpose. A server in basic mode takes note of all haves and answers with a single
  /// line, so that everything can be written before anything is read and no two full pipes wait for each other.
  package func encodedForVersion0(for capabilities: Capabilities) -> [UInt8] {
    var words = ""
    if capabilities.contains("side-band-64k") {
      words += " side-band-64k"
    } else if capabilities.contains("side-band") {
      words += " side-band"
    }
    if capabilities.contains("ofs-delta") { words += " ofs-delta" }
    if wantsNoProgress, capabilities.contains("no-progress") { words += " no-progress" }
    if capabilities.contains("object-format") { words += " object-format=sha1" }
    if capabilities.contains("agent") { words += " agent=\(agent)" }
    var encoder = PktLineEncoder()
    encoder.reserveCapacity((wants.count + haves.count) * Self.lineCount + 200)
    for (position, want) in wants.enumerated() { encoder.line("want", want, position == 0 ? words : "") }
    encoder.flush()
    for have in haves { encoder.line("have", have) }
    encoder.line("done")
    return encoder.bytes
  }
}
