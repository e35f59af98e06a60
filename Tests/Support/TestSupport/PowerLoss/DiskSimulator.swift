import Glibc

/// Applies operations to images and remembers every content that came of it, so that thousands of states share the
/// work.
struct DiskSimulator {
  private struct Change: Hashable {
    let content: Int
    let operation: Int
    let tear: DiskTear?
  }

  /// What each inode is when it begins: an empty file or directory, a link.
  var births: [DiskInode: DiskNode]
  var contents: DiskContentPool
  private var changes: [Change: DiskContent] = [:]

  init(births: [DiskInode: DiskNode], contents: DiskContentPool) {
    self.births = births
    self.contents = contents
  }

  /// - Parameter number: of the operation in its recording, the key under which results are remembered.
  mutating func apply(
    _ operation: DiskOperation, number: Int, tear: DiskTear? = nil, to image: inout DiskImage
  ) {
    switch operation {
    case .make(let slot, let inode), .link(let slot, let inode):
      bear(inode, in: &image)
      bear(slot.directory, in: &image)
      image.setEntry(slot, inode)
    case .move(let from, let to):
      guard let inode = image[from] else { return }
      bear(to.directory, in: &image)
      image.setEntry(from, nil)
      image.setEntry(to, inode)
    case .exchange(let first, let second):
      guard let one = image[first], let other = image[second] else { return }
      image.setEntry(first, other)
      image.setEntry(second, one)
    case .remove(let slot, _):
      image.setEntry(slot, nil)
    case .write(let inode, _, _), .resize(let inode, _):
      bear(inode, in: &image)
      guard let old = image.content(of: inode) else { return }
      image.setContent(of: inode, changed(old, by: operation, number, tear))
    }
  }

  /// An inode exists as soon as anything about it does, whatever became of its name.
  private func bear(_ inode: DiskInode, in image: inout DiskImage) {
    if image[inode] == nil { image[inode] = births[inode] }
  }

  private mutating func changed(
    _ old: DiskContent, by operation: DiskOperation, _ number: Int, _ tear: DiskTear?
  ) -> DiskContent {
    let change = Change(content: old.number, operation: number, tear: tear)
    if let content = changes[change] { return content }
    var bytes = old.bytes
    switch operation {
    case .write(_, let offset, let written):
      bytes.overwrite(at: offset, with: tear?.apply(written) ?? written)
    case .resize(_, let length):
      bytes = bytes.prefix(length) + [UInt8](repeating: 0, count: max(0, length - bytes.count))
    case .make, .link, .move, .exchange, .remove:
      preconditionFailure("only contents are changed here")
    }
    let content = contents.content(bytes)
    changes[change] = content
    return content
  }
}

extension [UInt8] {
  /// What a write at an offset leaves, zeros in the gap if it lies behind the end. By whole blocks: see
  /// `DiskContentPool`.
  fileprivate mutating func overwrite(at offset: Int, with bytes: [UInt8]) {
    let end = offset + bytes.count
    if count < end { self += [UInt8](repeating: 0, count: end - count) }
    guard !bytes.isEmpty else { return }
    withUnsafeMutableBytes { target in
      bytes.withUnsafeBytes { source in
        _ = memcpy(target.baseAddress! + offset, source.baseAddress!, source.count)
      }
    }
  }
}
