/// One change of the disk that a loss of power may undo as long as it is not synchronised.
enum DiskOperation: Sendable {
  /// A new inode gets its first name; a name that was there is replaced (a stranger's rename may do that).
  case make(DiskSlot, DiskInode)
  /// An inode that is there gets one more name.
  case link(DiskSlot, DiskInode)
  case move(from: DiskSlot, to: DiskSlot)
  case exchange(DiskSlot, DiskSlot)
  /// A name goes, of a file or of an empty directory (which is named then).
  case remove(DiskSlot, emptied: DiskInode?)
  case write(DiskInode, offset: Int, bytes: [UInt8])
  case resize(DiskInode, length: Int)
}

extension DiskOperation {
  /// The names that it reads or changes: operations on one name keep their order on any disk.
  var slots: [DiskSlot] {
    switch self {
    case .make(let slot, _), .link(let slot, _), .remove(let slot, _): [slot]
    case .move(let from, let to): [from, to]
    case .exchange(let first, let second): [first, second]
    case .write, .resize: []
    }
  }

  /// What has to be synchronised for it to be durable: the content of a file, or the directory that has the new name.
  /// Of a rename between two directories that is the target's, as in fsync(2)'s practice: the old name cannot stay
  /// behind, because a rename is there as a whole or not at all.
  var needs: Set<DiskInode> {
    switch self {
    case .make(let slot, _), .link(let slot, _), .remove(let slot, _): [slot.directory]
    case .move(_, let to): [to.directory]
    case .exchange(let first, let second): [first.directory, second.directory]
    case .write(let inode, _, _), .resize(let inode, _): [inode]
    }
  }

  /// The file whose content it changes, if it does.
  var changedContent: DiskInode? {
    switch self {
    case .write(let inode, _, _), .resize(let inode, _): inode
    case .make, .link, .move, .exchange, .remove: nil
    }
  }
}
