package import DurableFiles
internal import GitTransport
internal import GitValues
package import SystemPackage
package import WorkerPool

/// Makes a new copy beside its destination and moves it there when it is complete.
///
/// It is created in `.remora-NAME` next to the destination, under its own owner lock, and becomes visible by one
/// rename: a reader sees no copy or a complete one. The next run for the same destination removes leftovers of a dead
/// run.
package struct CopyCreation {
  let destination: FilePath
  let files: any FileSystemPort

  package init(destination: FilePath, files: any FileSystemPort) {
    self.destination = destination
    self.files = files
  }

  /// Where the copy grows.
  package var building: CopyLayout {
    guard let name = destination.lastComponent else { preconditionFailure("a destination has a name") }
    let hidden = FilePath(pathText: ".remora-" + FilePath(root: nil, [name]).pathText)
    return CopyLayout(root: destination.removingLastComponent().pushing(hidden))
  }

  /// Makes the directory and takes its lock, then empties it of what a dead run left.
  ///
  /// - Returns: the lock and the directories above that had to be made; `nil` when another run finished the destination
  ///   while we waited for the lock.
  package func begin(wait: Duration, cancellation: CancellationFlag) throws -> (lock: OwnerLock, made: [FilePath])? {
    let made = try files.makeDirectories(destination.removingLastComponent())
    do {
      try files.makeDirectories(building.own)
      let lock = try OwnerLock.acquire(
        path: building.ownerLock, wait: wait, isCancelled: { cancellation.isRaised })
      if try isFinished() {
        lock.release()
        return nil
      }
      try clear()
      return (lock, made)
    } catch LockError.vanished {
      return nil
    } catch {
      // The first error is thrown; an empty directory that stays does no harm.
      for directory in made.reversed() { try? files.removeDirectory(directory) }
      throw error
    }
  }

  private func isFinished() throws -> Bool {
    guard let status = try files.status(of: destination) else { return false }
    return try status.kind != .directory || !files.entries(of: destination).isEmpty
  }

  private func clear() throws {
    for entry in try files.entries(of: building.root) where entry.name.string != "remora" {
      try files.removeTree(building.root.appending(entry.name))
    }
    for entry in try files.entries(of: building.own) where entry.name.string != "lock" {
      try files.removeTree(building.own.appending(entry.name))
    }
  }

  /// Writes the few files that make a directory a repository. `git init` would make some forty.
  func layOut(_ configuration: CopyConfiguration, head: HeadLine) throws {
    try layOut(configuration: configuration.newFile, head: head.file)
  }

  /// The same with any content of `config` and `HEAD`.
  package func layOut(configuration: [UInt8], head: [UInt8]) throws {
    let layout = building
    for directory in [layout.objects, layout.packs, layout.refs] {
      try files.makeDirectory(directory, permissions: .allBeforeUmask)
    }
    try StagedFile.write(configuration, to: layout.configuration, through: files)
    try StagedFile.write(head, to: layout.head, through: files)
  }

  /// Makes the copy durable and gives it its name. `objects/pack` and `remora` are durable since something was put
  /// there.
  package func finish(made: [FilePath]) throws {
    let layout = building
    for directory in [layout.objects, layout.root] { try files.synchronizeDirectory(directory) }
    try files.rename(layout.root, to: destination)
    try files.synchronizeDirectory(destination.removingLastComponent())
    try files.synchronizeParents(of: made)
  }

  /// Removes everything that `begin` and later steps made. What cannot be removed is swept by the next run.
  package func abandon(made: [FilePath]) {
    // The original error is thrown.
    try? files.removeTree(building.root)
    for directory in made.reversed() { try? files.removeDirectory(directory) }
  }
}
