internal import DurableFiles
internal import RefStore
internal import SystemPackage

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
