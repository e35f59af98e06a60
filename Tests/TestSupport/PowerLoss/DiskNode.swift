import SystemPackage

/// The number of a file, directory or link in the model. Given by the recording, never used again.
struct DiskInode: Hashable, Sendable {
  let number: Int
}

/// What an inode of the model holds.
enum DiskNode: Sendable {
  case file(DiskContent, FilePermissions)
  case directory([FilePath.Component: DiskInode], FilePermissions)
  case link(target: FilePath)
}

/// A place where a name can stand.
struct DiskSlot: Hashable, Sendable {
  let directory: DiskInode
  let name: FilePath.Component
}
