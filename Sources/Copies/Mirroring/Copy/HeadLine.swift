internal import GitValues
internal import RefStore
internal import TextBytes

/// The one line of a `HEAD` file, without its end: `ref: TARGET` or an oid. Bytes, for a target need not be UTF-8.
struct HeadLine: Hashable, Sendable {
  let bytes: [UInt8]

  /// What `git init` writes.
  static let initial = HeadLine(bytes: Array("ref: refs/heads/main".utf8))

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// The line that says what a source's HEAD says; `nil` when that is unknown.
  init?(_ head: Head) {
    switch head {
    case .symbolic(let target, _), .unborn(let target): self.init(bytes: Array("ref: ".utf8) + target.bytes)
    case .detached(let oid): self.init(bytes: Array(oid.hex.utf8))
    case .unknown: return nil
    }
  }

  /// The line for a source's HEAD, also where the server named no target but only what HEAD resolves to: then a branch
  /// with that oid, as git guesses (remote.c, `guess_remote_head`): the one that HEAD is at in the copy, `main`,
  /// `master`, or the first by name. `nil` when the copy's HEAD is to stay.
  init?(_ view: RefView, unlessKnown current: HeadLine?) {
    guard view.head == .unknown, let oid = view.unknownHeadOID else {
      self.init(view.head)
      return
    }
    func isAt(_ name: ReferenceName) -> Bool { view.refs.oid(of: name) == oid }
    if case .symbolic(let target)? = current.map({ LooseRef(parsing: $0.bytes) }), isAt(target) { return nil }
    let usual = [ReferenceName("refs/heads/main"), ReferenceName("refs/heads/master")].first(where: isAt)
    let first = view.refs.indices.first { index in
      view.refs.oid(at: index) == oid && view.refs.withName(at: index) { $0.starts(with: "refs/heads/".utf8) }
    }
    guard let target = usual ?? first.map(view.refs.name(at:)) else { return nil }
    self.init(bytes: Array("ref: ".utf8) + target.bytes)
  }

  /// What a copy's own HEAD file says; `nil` when it cannot be read.
  init?(_ content: LooseRef) {
    switch content {
    case .symbolic(let target): self.init(bytes: Array("ref: ".utf8) + target.bytes)
    case .direct(let oid): self.init(bytes: Array(oid.hex.utf8))
    case .broken: return nil
    }
  }

  /// Reads back `text`.
  init?(text: String) {
    guard text.hasPrefix(Self.hexMark) else {
      self.init(bytes: Array(text.utf8))
      return
    }
    guard let bytes = Hex.bytes(String(text.dropFirst(Self.hexMark.count)), allowsCapitals: true) else { return nil }
    self.init(bytes: bytes)
  }

  /// For JSON: the line itself, or its bytes in hexadecimal behind a mark when it is not UTF-8.
  var text: String {
    String(validating: bytes, as: UTF8.self) ?? Self.hexMark + Hex.text(bytes)
  }

  /// The file's content.
  var file: [UInt8] { bytes + [UInt8(ascii: "\n")] }

  /// Returns a HEAD with only its line, which suffices for a checksum.
  var head: Head? {
    switch LooseRef(parsing: bytes) {
    case .symbolic(let target): .unborn(target: target)
    case .direct(let oid): .detached(oid)
    case .broken: nil
    }
  }

  private static let hexMark = "bytes:"
}
