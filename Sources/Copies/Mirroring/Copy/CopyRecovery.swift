package import DurableFiles
package import Foundation
internal import RefStore
internal import SystemPackage

/// Cleans up a copy after a dead run. Needs the owner lock: while it is held, all files in staging and all locks of
/// Remora belong to a dead run.
package struct CopyRecovery {
  let layout: CopyLayout
  let files: any FileSystemPort

  package init(layout: CopyLayout, files: any FileSystemPort) {
    self.layout = layout
    self.files = files
  }

  /// Removes leftovers, decides whether the newest journal entry happened, and completes its HEAD if it did.
  ///
  /// Idempotent: after a crash the next call completes it.
  package func recover(at now: Date) throws {
    let journal = RefJournal(layout, through: files)
    let undecided = try journal.undecided()
    try removeOwnLocks(undecided)
    try removeHalfPublishedPacks()
    try removeHalfWrittenConfiguration()
    if let undecided {
      if try undecided.tookEffect(in: layout, through: files) {
        try completeHead(undecided)
        try journal.complete(undecided.id, at: now)
      } else {
        try journal.abandon(undecided.id, at: now)
      }
    }
    if try files.status(of: layout.staging) != nil { try files.removeTree(layout.staging) }
  }

  private func completeHead(_ entry: RefJournalEntry) throws {
    guard let line = entry.newHead, try files.contents(of: layout.head, limit: 1 << 16) != line.file
    else { return }
    let staging = PackStaging(layout: layout, files: files)
    try staging.prepare()
    try RefTransaction(layout: layout, files: files).publishHead(line)
  }

  /// Remora's own locks are identified by their content, which the journal announced.
  private func removeOwnLocks(_ undecided: RefJournalEntry?) throws {
    if let undecided {
      let digests = [undecided.packedRefsDigest, undecided.foldedDigest]
      try remove(layout.packedRefsLock) { digests.contains(RefTransaction.digest($0)) }
      if let line = undecided.newHead { try remove(layout.headLock) { $0 == line.file } }
    }
    for lock in try LooseRefs.read(repository: layout.root, through: files).locks {
      try remove(lock) { $0 == LooseRefPacking.lockContent }
    }
  }

  private func remove(_ lock: FilePath, where isOurs: ([UInt8]) -> Bool) throws {
    guard let content = try files.contents(of: lock, limit: CopyLayout.maximumFileBytes), isOurs(content) else {
      return
    }
    try files.unlink(lock)
  }

  /// The one file of the copy itself that is replaced through a temporary one.
  private func removeHalfWrittenConfiguration() throws {
    for entry in try files.entries(of: layout.root) where files.isLeftover(entry.name) {
      try files.unlink(layout.root.appending(entry.name))
    }
  }

  /// A pack that was linked into `objects/pack` without its index: it cannot be used, and its other name is in staging.
  private func removeHalfPublishedPacks() throws {
    guard try files.status(of: layout.staging) != nil else { return }
    for entry in try files.entries(of: layout.staging) where entry.name.extension == "pack" {
      let published = layout.packs.appending(entry.name)
      let index = FilePath(String(published.string.dropLast(5)) + ".idx")
      guard let staged = try files.status(of: layout.staging.appending(entry.name)),
        let status = try files.status(of: published), status.isSameFile(as: staged), try files.status(of: index) == nil
      else { continue }
      try files.unlink(published)
    }
  }
}

/// Removes locks on refs and HEAD of a copy that dead programs have left.
///
/// git holds such a lock for the time of one write, and only the agent writes into its copies: a lock that is older
/// than any write takes belongs to no process any more. Needs the owner lock of the copy.
struct StaleLocks {
  let layout: CopyLayout
  let files: any FileSystemPort

  /// - Parameter age: younger locks stay.
  /// - Returns: a line for each that was removed.
  func remove(olderThan age: Duration, at now: Date) throws -> [String] {
    let loose = try LooseRefs.read(repository: layout.root, through: files).locks
    var removed: [String] = []
    for lock in [layout.packedRefsLock, layout.headLock, layout.root.appending("config.lock")] + loose {
      guard let status = try files.status(of: lock), status.kind == .regular else { continue }
      let seconds = now.timeIntervalSince1970 - Double(status.modified.seconds)
      guard seconds >= age / .seconds(1) else { continue }
      try files.unlink(lock)
      try files.synchronizeDirectory(lock.removingLastComponent())
      let name = lock.string.dropFirst(layout.root.string.utf8.count + 1)
      removed.append("'\(name)' was \(Int(seconds)) s old: no program writes a ref for so long; it was removed")
    }
    return removed
  }
}

/// Locks of other programs on the refs of a copy: of a running `git pack-refs`, or of a git that died.
struct ForeignLocks {
  let run: MirrorRun
  let layout: CopyLayout

  /// git waits so long for packed-refs.lock when nothing is configured (core.packedRefsTimeout).
  static let usualWait = Duration.seconds(1)
  private static let step = Duration.milliseconds(50)

  /// The first lock that is there. Needs the owner lock, and recovery: then none of them is ours.
  func first() throws -> FilePath? {
    for lock in [layout.packedRefsLock, layout.headLock] where try run.files.status(of: lock) != nil { return lock }
    return try LooseRefs.read(repository: layout.root, through: run.files).locks.first
  }

  /// Waits until there is none: a second, or as long as the run waits for other runs if that is longer.
  ///
  /// - Throws: `destination_locked`, `Cancelled`.
  func wait() throws {
    let steps = max(run.request.wait, Self.usualWait) / Self.step
    for _ in 0..<Int(steps.rounded(.up)) {
      guard try first() != nil else { return }
      try run.checkTime()
      try run.environment.pause(Self.step, run.cancellation)
    }
    if let lock = try first() { throw RefTransaction.locked(lock, of: layout) }
  }
}
