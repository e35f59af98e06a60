import SystemPackage

/// What an inode of the model holds.
enum DiskNode: Sendable {
  case file(DiskContent, FilePermissions)
  case directory([DiskName: DiskInode], FilePermissions)
  /// With a terminating zero.
  case link(target: [CChar])
}
