/// A place where a name can stand.
struct DiskSlot: Hashable, Sendable {
  let directory: DiskInode
  let name: DiskName
}
