internal import GitValues
internal import TextBytes

/// Gathers what the lines of a listing say into a `RefView`, the same way for v0, v1 and v2.
///
/// One bad ref does not spoil the others: a null oid, a name that git forbids, a line that cannot be parsed or a name
/// listed twice becomes a `BrokenRef`. HEAD is kept apart.
struct RefViewBuilder: ~Copyable {
  private var refs = RefListing()
  private var broken: [BrokenRef] = []
  private var lineCount = 0
  private let limits: ListingLimits

  private var headOID: ObjectID?
  /// Where HEAD points, as the server wrote it.
  private var headTarget: [UInt8]?
  /// False for a server that would not name the target of a symbolic HEAD.
  var namesHeadTarget = true

  init(limits: ListingLimits) { self.limits = limits }

  /// Takes note of one ref. False when it is broken and so not in the listing.
  mutating func add(name: UnsafeRawBufferPointer, oid: ObjectID, peeled: ObjectID? = nil) throws(ProtocolError) -> Bool
  {
    try countLine()
    if Self.isHead(name) {
      guard !oid.isZero else {
        try addBroken(name, "null oid")
        return false
      }
      guard headOID == nil else {
        try addBroken(name, "listed twice")
        return false
      }
      headOID = oid
      return true
    }
    guard ReferenceName.isValid(name) else {
      try addBroken(name, "invalid name")
      return false
    }
    guard !oid.isZero else {
      try addBroken(name, "null oid")
      return false
    }
    refs.append(name: name, oid: oid, peeled: peeled)
    return true
  }

  /// Takes note of a line without a readable oid or name; `text` stands for the name.
  mutating func addUnparsable(_ text: UnsafeRawBufferPointer) throws(ProtocolError) {
    try countLine()
    try addBroken(UnsafeRawBufferPointer(rebasing: text.prefix(ForeignText.serverLimit)), "unparsable line")
  }

  /// Takes note of where HEAD points. `countsAsLine` when a line of its own said it (v2's `unborn`).
  mutating func setHeadTarget(_ target: [UInt8], countsAsLine: Bool) throws(ProtocolError) {
    if countsAsLine { try countLine() }
    headTarget = target
  }

  mutating func setPeeledOfLast(_ peeled: ObjectID) { refs.setPeeledOfLast(peeled) }

  /// True when `name` is that of the ref that was added last.
  func isLast(_ name: UnsafeRawBufferPointer) -> Bool {
    !refs.isEmpty && refs.withName(at: refs.count - 1) { RefListing.compare($0, name) == 0 }
  }

  static func isHead(_ name: UnsafeRawBufferPointer) -> Bool { name.elementsEqual(ReferenceName.head.bytes) }

  /// The view. The builder is empty afterwards.
  mutating func finish() -> RefView {
    sortAndTakeOutDuplicates()
    let head = resolvedHead()
    let view = RefView(head: head, refs: refs, broken: broken, unknownHeadOID: head == .unknown ? headOID : nil)
    refs = RefListing()
    broken = []
    return view
  }

  private mutating func countLine() throws(ProtocolError) {
    lineCount += 1
    try limits.check(refs: lineCount)
  }

  private mutating func addBroken(_ name: UnsafeRawBufferPointer, _ reason: String) throws(ProtocolError) {
    try limits.check(broken: broken.count + 1)
    broken.append(BrokenRef(name: ReferenceName(bytes: Array(name)), reason: reason))
  }

  /// A name that is listed twice may have two values; neither is to be believed.
  private mutating func sortAndTakeOutDuplicates() {
    let unsorted = refs
    refs.sort()
    guard refs.count < unsorted.count else { return }
    var seen: Set<ReferenceName> = []
    var twice: Set<ReferenceName> = []
    for entry in unsorted where !seen.insert(entry.name).inserted { twice.insert(entry.name) }
    var kept = RefListing()
    for index in refs.indices where !twice.contains(refs.name(at: index)) {
      refs.withName(at: index) { kept.append(name: $0, oid: refs.oid(at: index), peeled: refs.peeled(at: index)) }
    }
    broken += twice.sorted().map { BrokenRef(name: $0, reason: "listed twice") }
    refs = kept
  }

  /// Resolves HEAD from the server's lines of it and of its target.
  ///
  /// | target said | HEAD's oid said | answer |
  /// |---|---|---|
  /// | valid | any, target listed | symbolic, with the target's oid: the two lines may be of two moments |
  /// | valid | yes, target not listed (hidden) | symbolic, with HEAD's oid |
  /// | valid | no, target not listed | unborn |
  /// | invalid | any | unknown, and HEAD is broken |
  /// | no | yes, and the server names targets, or no branch has it | detached |
  /// | no | yes, a branch has it, and the server does not name targets | unknown, with that oid |
  /// | no | no | unknown |
  private mutating func resolvedHead() -> Head {
    guard let headTarget else {
      guard let headOID else { return .unknown }
      return namesHeadTarget || !isTip(headOID) ? .detached(headOID) : .unknown
    }
    let target = ReferenceName(bytes: headTarget)
    guard target.isValid else {
      broken.append(BrokenRef(name: .head, reason: "points at the invalid name '\(target)'"))
      return .unknown
    }
    if let oid = refs.oid(of: target) ?? headOID { return .symbolic(target: target, oid: oid) }
    return .unborn(target: target)
  }

  /// True when a branch is listed with this oid.
  private func isTip(_ oid: ObjectID) -> Bool {
    refs.indices.contains { index in
      refs.oid(at: index) == oid && refs.withName(at: index) { $0.starts(with: "refs/heads/".utf8) }
    }
  }
}

/// What a server may make us hold while it lists its refs.
package struct ListingLimits: Sendable {
  /// Lines that name a ref, HEAD and broken ones included.
  package var refs: Int
  /// Bytes of the whole answer.
  package var bytes: Int
  /// Refs that are broken. Each is kept with a name and a reason, which costs far more than a good one, and no
  /// repository that is worth a copy has so many.
  package var broken: Int

  package init(refs: Int = 5_000_000, bytes: Int = 1 << 30, broken: Int = 100_000) {
    self.refs = refs
    self.bytes = bytes
    self.broken = broken
  }

  /// - Throws: `limitExceeded`.
  func check(bytes count: Int) throws(ProtocolError) {
    guard count <= bytes else {
      throw ProtocolError(.limitExceeded, "the ref listing is longer than \(bytes) bytes")
    }
  }

  /// - Throws: `limitExceeded`.
  func check(refs count: Int) throws(ProtocolError) {
    guard count <= refs else { throw ProtocolError(.limitExceeded, "the source lists more than \(refs) refs") }
  }

  /// - Throws: `limitExceeded`.
  func check(broken count: Int) throws(ProtocolError) {
    guard count <= broken else {
      throw ProtocolError(.limitExceeded, "more than \(broken) refs of the source are broken")
    }
  }
}
