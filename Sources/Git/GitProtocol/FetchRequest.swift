package import GitValues

/// Asks for a pack with everything that `wants` reach and `haves` do not. One request, no rounds of negotiation.
///
/// A thin pack cannot be taken (libgit2 1.5.1 can be hung by one). `thin-pack` is named nevertheless where no pack can be
/// thin, that is without haves, because some servers insist on it; see also `namesThinPack`.
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
  /// Whether to name `thin-pack` with haves too, to a server of version 0 that refuses clients which do not name it. The
  /// pack that comes may be one that cannot be taken.
  package var namesThinPack = false
  /// Whether the server may answer while the request is being written (versions 0 and 1, not over HTTP). Then it answers
  /// each have with a line, and two full pipes could wait for each other: haves are limited to `haveLimit`.
  package var isInterleaved = false

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

  /// The haves of an interleaved request, at most. Their 256 answers, 14 KB, fit in the smallest buffer of a socket or pipe.
  package static let haveLimit = 256

  /// The request to a version 0 or 1 server. It names what git names, because servers insist on it: Azure DevOps on
  /// `multi_ack`, dulwich on `thin-pack`.
  package func encodedForVersion0(for capabilities: Capabilities) -> [UInt8] {
    var words = ""
    func name(_ word: String) { words += " " + word }
    let acknowledges = ["multi_ack_detailed", "multi_ack"].first(where: capabilities.contains)
    if let acknowledges { name(acknowledges) }
    if let band = ["side-band-64k", "side-band"].first(where: capabilities.contains) { name(band) }
    let namedHaves = isInterleaved && acknowledges != nil ? haves.prefix(Self.haveLimit) : haves[...]
    if capabilities.contains("thin-pack"), namesThinPack || namedHaves.isEmpty { name("thin-pack") }
    if capabilities.contains("ofs-delta") { name("ofs-delta") }
    if wantsNoProgress, capabilities.contains("no-progress") { name("no-progress") }
    if capabilities.contains("object-format") { name("object-format=sha1") }
    if capabilities.contains("agent") { name("agent=\(agent)") }
    var encoder = PktLineEncoder()
    encoder.reserveCapacity((wants.count + namedHaves.count) * Self.lineCount + 200)
    for (position, want) in wants.enumerated() { encoder.line("want", want, position == 0 ? words : "") }
    encoder.flush()
    for have in namedHaves { encoder.line("have", have) }
    encoder.line("done")
    return encoder.bytes
  }
}
