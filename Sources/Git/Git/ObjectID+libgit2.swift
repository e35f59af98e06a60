internal import CLibgit2
internal import GitValues

extension ObjectID {
  init(_ oid: git_oid) {
    self = withUnsafeBytes(of: oid) { ObjectID(rawBytes: $0) }
  }

  /// The same id as libgit2 holds it.
  var gitOID: git_oid {
    var oid = git_oid()
    withBytes { bytes in
      withUnsafeMutableBytes(of: &oid) { $0.copyMemory(from: bytes) }
    }
    return oid
  }
}
