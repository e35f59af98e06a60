internal import DurableFiles
internal import Replication
internal import Synchronization
internal import SystemPackage
internal import TextBytes

/// What the last listing of a root found, so that the next one reads only the directories that have changed since: of
/// ten thousand repositories at rest the directories are not read each minute, only looked at. Reading them was nine
/// tenths of a listing's time where the system had dropped them from its memory.
///
/// A directory's entries are as they were when its status is: a new, replaced or removed entry changes its times.
final class KnownRepositories: Sendable {
  struct Repository: Sendable {
    /// Of its own directory.
    let shape: UInt64
    /// Of its refs (`RepositoryStamp`).
    let stamp: RepositoryStamp
    /// Repositories inside it, as paths below the root.
    let nested: [String]
  }

  private let known = Mutex<[String: Repository]>([:])

  /// By path below the root.
  var all: [String: Repository] { known.withLock { $0 } }

  /// Replaces the known repositories.
  func remember(_ repositories: [String: Repository]) { known.withLock { $0 = repositories } }
}

/// A number that changes when the refs of a repository may have: over the stamps of `HEAD`, `packed-refs` and the directories below
/// `refs/`, which a new, replaced or removed file changes.
struct RepositoryStamp: Sendable {
  let value: UInt64
  /// `refs` and the directories below it, as paths below the repository, each after the one that holds it.
  let directories: [String]

  /// Reads all of it.
  init(reading repository: FilePath, _ files: any FileSystemPort) throws(FileError) {
    var number = FNV1a()
    var found: [String] = []
    for name in Self.files { number.add(try files.status(of: repository.appending(name))) }
    try Self.add("refs", 0, in: repository, to: &number, &found, files)
    value = number.value
    // Nearly all have the same: one array serves them.
    directories = found == Self.usualDirectories ? Self.usualDirectories : found
  }

  /// Whether everything still looks as it did, by looking at the directories that were found then and reading none.
  func isCurrent(of repository: FilePath, _ files: any FileSystemPort) throws(FileError) -> Bool {
    var number = FNV1a()
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
    _ name: String, _ depth: Int, in repository: FilePath, to number: inout FNV1a, _ found: inout [String],
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

extension FNV1a {
  /// Adds what of a file's status changes with its content; `nil` for a file that is not there.
  mutating func add(_ status: FileStatus?) {
    add(bytesOf: status?.inode ?? 0)
    add(bytesOf: UInt64(bitPattern: status?.size ?? -1))
    add(bytesOf: UInt64(bitPattern: status?.changed.seconds ?? 0))
    add(bytesOf: UInt64(UInt32(bitPattern: status?.changed.nanoseconds ?? 0)))
  }
}
