extension BrokenRef {
  /// The refs of a listing that no repository can hold together, each once, sorted by name.
  package static func conflicts(in refs: RefListing) -> [BrokenRef] {
    var reasons: [ReferenceName: String] = [:]
    for (outer, inner) in refs.directoryConflicts {
      reasons[outer] = reasons[outer] ?? "no repository can hold it beside '\(inner)'"
      reasons[inner] = reasons[inner] ?? "no repository can hold it beside '\(outer)'"
    }
    return reasons.sorted { $0.key < $1.key }.map { BrokenRef(name: $0.key, reason: $0.value) }
  }
}

extension RefListing {
  /// Pairs of which one name is a directory of the other, as `refs/heads/a` and `refs/heads/a/b`: no repository can hold both
  /// as files, and no git server has both. The listing must be sorted; one walk.
  package var directoryConflicts: [(outer: ReferenceName, inner: ReferenceName)] {
    var conflicts: [(outer: ReferenceName, inner: ReferenceName)] = []
    // Sorted bytewise, all names with a common beginning stand together: each name here begins with those before it.
    var beginnings: [Int] = []
    for index in indices {
      withName(at: index) { name in
        while let last = beginnings.last, !withName(at: last, { name.starts(with: $0) }) { beginnings.removeLast() }
        for outer in beginnings {
          let isDirectory = withName(at: outer) { $0.count < name.count && name[$0.count] == UInt8(ascii: "/") }
          if isDirectory { conflicts.append((self.name(at: outer), self.name(at: index))) }
        }
      }
      beginnings.append(index)
    }
    return conflicts
  }
}
