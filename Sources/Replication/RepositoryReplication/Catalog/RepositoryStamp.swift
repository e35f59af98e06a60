internal import DurableFiles
internal import SystemPackage

/// A number that changes when the refs of a repository may have: over the stamps of `HEAD`, `packed-refs` and the directories below
/// `refs/`, which a new, replaced or removed file changes.
struct RepositoryStamp: Sendable {
  let value: UInt64
  /// `refs` and the directories below it, as paths below the repository, each after the one that holds it.
  let directories: [String]

  /// Reads all of it.
  init(reading repository: FilePath, _ files: any FileSystemPort) throws(FileError) {
    var number = StampNumber()
    var found: [String] = []
    for name in Self.files { number.add(try files.status(of: repository.appending(name))) }
    try Self.add("refs", 0, in: repository, to: &number, &found, files)
    value = number.value
    // Nearly all have the same: one array serves them.
    directories = found == Self.usualDirectories ? Self.usualDirectories : found
  }

  /// Whether everything still looks as it did, by looking at the directories that were found then and reading none.
  func isCurrent(of repository: FilePath, _ files: any FileSystemPort) throws(FileError) -> Bool {
    var number = StampNumber()
    for name in Self.files { number.add(try files.status(of: repository.appending(name))) }
    for name in directories {
      guard let status = try files.status(of: repository.appending(name)), status.kind == .directory else {
        return false
      }
      number.add(status)
    }
    return number.value == value
  }

  private static let files = ["HEAD", "packed-refs"]
  private static let usualDirectories = ["refs", "refs/heads", "refs/tags"]

  private static func add(
    _ name: String, _ depth: Int, in repository: FilePath, to number: inout StampNumber, _ found: inout [String],
    _ files: any FileSystemPort
  ) throws(FileError) {
    let directory = repository.appending(name)
    guard let status = try files.status(of: directory), status.kind == .directory, depth < 64 else { return }
    number.add(status)
    found.append(name)
    let entries: [DirectoryEntry]
    do { entries = try files.entries(of: directory) } catch {
      // git removes directories of refs as they become empty: its parent's stamp says so next time.
      guard error.code == .noSuchFileOrDirectory else { throw error }
      return
    }
    for entry in entries.sorted(by: { $0.name.string < $1.name.string }) where entry.kind == .directory {
      try add("\(name)/\(entry.name.string)", depth + 1, in: repository, to: &number, &found, files)
    }
  }
}

/// FNV-1a (Fowler, Noll, Vo) over the statuses of files: stays the same over processes, which Swift's own hash does not.
struct StampNumber {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

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
