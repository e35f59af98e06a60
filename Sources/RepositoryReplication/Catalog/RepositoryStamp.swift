internal import DurableFiles
internal import SystemPackage

/// A number that changes when the refs of a repository may have: over the stamps of `HEAD`, `packed-refs` and the directories below
/// `refs/`, which a new, replaced or removed file changes.
enum RepositoryStamp {
  static func read(_ repository: FilePath, _ files: any FileSystemPort) throws(FileError) -> UInt64 {
    var stamp = Stamp()
    for name in ["HEAD", "packed-refs"] { stamp.add(try files.status(of: repository.appending(name))) }
    try add(repository.appending("refs"), 0, to: &stamp, files)
    return stamp.value
  }

  private static func add(
    _ directory: FilePath, _ depth: Int, to stamp: inout Stamp, _ files: any FileSystemPort
  ) throws(FileError) {
    guard let status = try files.status(of: directory), status.kind == .directory, depth < 64 else { return }
    stamp.add(status)
    let entries: [DirectoryEntry]
    do { entries = try files.entries(of: directory) } catch {
      // git removes directories of refs as they become empty: its parent's stamp says so next time.
      guard error.code == .noSuchFileOrDirectory else { throw error }
      return
    }
    for entry in entries where entry.kind == .directory {
      try add(directory.appending(entry.name), depth + 1, to: &stamp, files)
    }
  }

  /// FNV-1a (Fowler, Noll, Vo): stays the same over processes, which Swift's own hash does not.
  private struct Stamp {
    var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ status: FileStatus?) {
      for number in [
        status?.inode ?? 0, UInt64(bitPattern: status?.size ?? -1), UInt64(bitPattern: status?.changed.seconds ?? 0),
        UInt64(UInt32(bitPattern: status?.changed.nanoseconds ?? 0)),
      ] {
        for shift in stride(from: 0, to: 64, by: 8) {
          value = (value ^ (number >> UInt64(shift)) & 0xff) &* 0x100_0000_01b3
        }
      }
    }
  }
}
