internal import GitValues
internal import RefStore
internal import Replication

extension ContentListing {
  /// HEAD and every ref of a ref view (product contract § 2), with their checksum. A HEAD that is unknown (protocol v0, unborn)
  /// is left out of comparisons, and then there is no checksum.
  ///
  /// - Throws: `StrategyError` of code `broken` with the names of refs that cannot be read.
  init(of view: RefView, _ subject: String) throws {
    guard view.broken.isEmpty else {
      let names = view.broken.prefix(10).map { "\($0.name) (\($0.reason))" }.joined(separator: ", ")
      throw StrategyError(.broken, "read \(subject): broken refs: \(names)")
    }
    self.init()
    switch view.head {
    case .symbolic(let target, _), .unborn(let target): append(name: "HEAD".utf8, value: "ref: \(target)".utf8)
    case .detached(let oid): append(name: "HEAD".utf8, value: oid.hex.utf8)
    case .unknown: unknownNames = ["HEAD"]
    }
    for index in 0..<view.refs.count {
      view.refs.withName(at: index) { append(name: $0, value: view.refs.oid(at: index).hex.utf8) }
    }
    if unknownNames.isEmpty { checksum = Checksum(RefsChecksum.sha256.digest(of: view)) }
  }
}
