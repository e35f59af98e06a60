/// The number of a file, directory or link in the model. Given by the recording, never used again.
struct DiskInode: Hashable, Sendable {
  let number: Int
}
