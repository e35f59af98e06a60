import SystemPackage

/// A disk at one moment: every inode with what it holds, whether a name leads to it or not.
///
/// Operations are applied by inode, not by path: so a file that was synchronised keeps its content while its name is
/// lost, and a directory its names while it is itself not reachable.
struct DiskImage: Sendable {
  static let root = DiskInode(number: 0)
  private(set) var nodes: [DiskInode: DiskNode] = [:]

  subscript(inode: DiskInode) -> DiskNode? {
    get { nodes[inode] }
    set { nodes[inode] = newValue }
  }

  /// The inode at a name.
  subscript(slot: DiskSlot) -> DiskInode? {
    guard case .directory(let entries, _)? = nodes[slot.directory] else { return nil }
    return entries[slot.name]
  }

  /// Returns the names in a directory; none for anything else.
  func entries(of directory: DiskInode) -> [DiskName: DiskInode] {
    guard case .directory(let entries, _)? = nodes[directory] else { return [:] }
    return entries
  }

  /// Returns the bytes of a file; nil for anything else.
  func content(of inode: DiskInode) -> DiskContent? {
    guard case .file(let content, _)? = nodes[inode] else { return nil }
    return content
  }

  mutating func setContent(of inode: DiskInode, _ content: DiskContent) {
    guard case .file(_, let permissions)? = nodes[inode] else { return }
    nodes[inode] = .file(content, permissions)
  }

  mutating func setEntry(_ slot: DiskSlot, _ inode: DiskInode?) {
    guard case .directory(var entries, let permissions)? = nodes[slot.directory] else { return }
    // Taken out while it is changed: otherwise each change copies the dictionary.
    nodes[slot.directory] = nil
    entries[slot.name] = inode
    nodes[slot.directory] = .directory(entries, permissions)
  }

  /// Two sums over every name that the root reaches, with what it holds: equal for equal trees, in whatever order
  /// they came to be, and different otherwise but for a chance of 2^-128.
  func signature() -> DiskSignature {
    var signature = DiskSignature()
    add(DiskImage.root, pathHash: 0, depth: 0, to: &signature)
    return signature
  }

  private func add(_ directory: DiskInode, pathHash: Int, depth: Int, to signature: inout DiskSignature) {
    precondition(depth < 512, "a directory was moved into itself")
    for (name, inode) in entries(of: directory) {
      var hasher = Hasher()
      hasher.combine(pathHash)
      hasher.combine(name)
      switch nodes[inode] {
      case .file(let content, let permissions)?:
        hasher.combine(content.number)
        hasher.combine(permissions.rawValue)
        signature.add(hasher)
      case .link(let target)?:
        hasher.combine(target)
        signature.add(hasher)
      case .directory?:
        signature.add(hasher)
        add(inode, pathHash: hasher.finalize(), depth: depth + 1, to: &signature)
      case nil:
        preconditionFailure("a name without an inode")
      }
    }
  }
}
