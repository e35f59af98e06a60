internal import Crypto
package import GitValues
internal import TextBytes
internal import WorkerPool

/// A digest over a ref view, by one of three rules.
package enum RefsChecksum: String, CaseIterable, Sendable {
  /// Remora's own: SHA-256 of the HEAD line and then one line `OID REFNAME` a ref, bytewise sorted (product contract § 2).
  case sha256
  /// GitLab's, for comparing with a GitLab site: SHA-1 of each line of some namespaces, folded together by XOR.
  case gitaly
  /// kernel.org's manifests: SHA-1 of what `git show-ref` prints. HEAD is not in it.
  case grokmirror

  /// The checksum as printed: `sha256:HEX` for our own, bare hex for the other two, as their users have it.
  ///
  /// The view must not be broken and its HEAD not unknown, except for `grokmirror`, which has no HEAD: an answer for
  /// half a repository would be a lie.
  package func digest(of view: RefView) -> String {
    precondition(view.broken.isEmpty, "a broken view has no checksum")
    switch self {
    case .sha256: return "sha256:" + Hex.text(Self.sha256(of: view))
    case .gitaly: return Self.gitaly(of: view)
    case .grokmirror: return Hex.text(Self.grokmirror(of: view))
    }
  }

  /// How many refs make a block of lines: of a million refs one block is hashed while the next one is written.
  private static let blockSize = 32_768

  private static func sha256(of view: RefView) -> SHA256.Digest {
    var function = SHA256()
    var block = headLine(view.head)
    for start in stride(from: 0, to: view.refs.count, by: blockSize) {
      let range = start..<min(start + blockSize, view.refs.count)
      if range.count < blockSize {
        block += lines(view.refs, range)
      } else {
        let (hashed, next) = Pair.run { [function, block] in
          var function = function
          function.update(data: block)
          return function
        } _: {
          lines(view.refs, range)
        }
        (function, block) = (hashed, next)
      }
    }
    function.update(data: block)
    return function.finalize()
  }

  private static func lines(_ refs: RefListing, _ range: Range<Int>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count * 72)
    for index in range { appendLine(refs, index, to: &bytes) }
    return bytes
  }

  private static func headLine(_ head: Head) -> [UInt8] {
    switch head {
    case .symbolic(let target, _), .unborn(let target):
      return Array("ref: ".utf8) + target.bytes + Array(" HEAD\n".utf8)
    case .detached(let oid): return Array("\(oid) HEAD\n".utf8)
    case .unknown: preconditionFailure("an unknown HEAD has no line")
    }
  }

  private static func grokmirror(of view: RefView) -> Insecure.SHA1.Digest {
    var hasher = LineHasher<Insecure.SHA1>()
    for index in 0..<view.refs.count { hasher.add { appendLine(view.refs, index, to: &$0) } }
    return hasher.finish()
  }

  /// Gitaly 16's `CalculateChecksum`, with its quirks: lines of `git show-ref --head`; a line counts when it *contains*
  /// `HEAD` or one of six namespaces anywhere; leading zero bytes of the result are dropped; nothing counted is 40 zeros.
  private static func gitaly(of view: RefView) -> String {
    var folded = [UInt8](repeating: 0, count: Insecure.SHA1.byteCount)
    func fold(_ line: [UInt8]) {
      guard gitalyMarks.contains(where: { contains($0, in: line) }) else { return }
      for (position, byte) in Insecure.SHA1.hash(data: line).enumerated() { folded[position] ^= byte }
    }
    if let oid = view.head.oid { fold(Array("\(oid) HEAD".utf8)) }
    for index in 0..<view.refs.count {
      var line: [UInt8] = []
      appendLine(view.refs, index, to: &line)
      fold(line.dropLast())
    }
    guard let first = folded.firstIndex(where: { $0 != 0 }) else { return String(repeating: "0", count: 40) }
    return Hex.text(folded[first...])
  }

  private static let gitalyMarks =
    [Array("HEAD".utf8)]
    + ["heads", "tags", "keep-around", "merge-requests", "environments", "notes"].map { Array("refs/\($0)/".utf8) }

  private static func contains(_ mark: [UInt8], in line: [UInt8]) -> Bool {
    guard line.count >= mark.count else { return false }
    return (0...(line.count - mark.count)).contains { line[$0..<($0 + mark.count)].elementsEqual(mark) }
  }

  private static func appendLine(_ refs: RefListing, _ index: Int, to bytes: inout [UInt8]) {
    refs.oid(at: index).appendHex(to: &bytes)
    bytes.append(UInt8(ascii: " "))
    refs.withName(at: index) { bytes.append(contentsOf: $0) }
    bytes.append(UInt8(ascii: "\n"))
  }
}

/// Feeds lines to a hash in blocks: a hash call per line would cost more than the hashing.
private struct LineHasher<Function: HashFunction> {
  private var function = Function()
  private var pending: [UInt8] = []

  mutating func add(_ append: (inout [UInt8]) -> Void) {
    append(&pending)
    if pending.count >= 1 << 16 { flush() }
  }

  mutating func finish() -> Function.Digest {
    flush()
    return function.finalize()
  }

  private mutating func flush() {
    function.update(data: pending)
    pending.removeAll(keepingCapacity: true)
  }
}
