package import DurableFiles
internal import GitTransport
internal import GitValues
internal import RefStore
package import SystemPackage
package import WorkerPool

/// Makes a fresh download of a source beside an old copy, without using its objects, and swaps the two.
///
/// For a copy that cannot be trusted any more. The parts that only the old copy has are carried over: the ref journal,
/// and every object that the dropped log, the journal or an old ref names, as far as the old copy can still read it
/// (`HistoryCarryOver`).
///
/// The new copy is created under one name, gets another when it is complete, and is then exchanged with the old one
/// atomically (`FileSystemPort.exchange`): a crash leaves the old copy or the new one, and the name of the other
/// directory shows whether it may be removed (`CopyLeftovers`). Otherwise it is passed to `displace`, at once or by the
/// next run.
package struct FreshCopy {
  private let request: MirrorRequest
  private let environment: MirrorEnvironment
  private let cancellation: CancellationFlag
  private let progress: @Sendable (MirrorProgress) -> Void
  private let displace: (FilePath) throws -> Void

  /// - Parameters:
  ///   - progress: receives what the run does.
  ///   - displace: moves the directory at the path to where it is kept for some time.
  package init(
    _ request: MirrorRequest, environment: MirrorEnvironment, cancellation: CancellationFlag,
    progress: @escaping @Sendable (MirrorProgress) -> Void = { _ in }, displace: @escaping (FilePath) throws -> Void
  ) {
    self.request = request
    self.environment = environment
    self.cancellation = cancellation
    self.progress = progress
    self.displace = displace
  }

  private var files: any FileSystemPort { environment.files }

  /// Runs and says how it ended, as `MirrorRun.execute()` does.
  package func execute() -> MirrorOutcome {
    do {
      let old = CopyLayout(root: request.destination)
      guard let status = try files.status(of: old.root) else { return mirror(request) }
      let lock = try status.kind == .directory ? lock(old) : nil
      defer { lock?.release() }
      return try replace(old)
    } catch let error as LockError {
      return .failed(MirrorError(.busy, "fetch '\(request.destination)' anew: \(error)", hint: "run again"))
    } catch {
      return .failed(MirrorError(error, "mirror into", request.destination.string))
    }
  }

  /// The lock of the old copy; `nil` for one that is so damaged that it can have none, and so nothing holds it.
  private func lock(_ old: CopyLayout) throws -> OwnerLock? {
    do {
      try files.makeDirectories(old.own)
      return try OwnerLock.acquire(
        path: old.ownerLock, wait: request.wait, isCancelled: { [cancellation] in cancellation.isRaised })
    } catch let error as FileError where CopyFault.isOfTheCopy(error) {
      return nil
    } catch LockError.failed(let error) where CopyFault.isOfTheCopy(error) {
      return nil
    }
  }

  private func mirror(_ request: MirrorRequest) -> MirrorOutcome {
    MirrorRun(request, environment: environment, cancellation: cancellation, report: progress).execute()
  }

  private func replace(_ old: CopyLayout) throws -> MirrorOutcome {
    let leftovers = CopyLeftovers(beside: old.root, through: files)
    try leftovers.sweep(displace)
    let fresh = leftovers.growing
    var beside = request
    beside.destination = fresh.root
    // Rules that cannot be read any more are made good by the next request that names them.
    beside.exclusion = request.exclusion ?? (try? RepositoryReading.exclusion(of: old.root))
    var outcome = mirror(beside)
    guard outcome.error == nil else {
      // A copy with broken refs of its source is not worth the old one. What stays is swept by the next run.
      try? files.removeTree(fresh.root)
      return outcome
    }
    for loss in try swap(old, fresh, leftovers.displaced) {
      outcome.warnings.append(
        MirrorOutcome.Warning(
          code: "history_not_carried_over",
          message: "\(loss); the old copy is in the trash for as long as history is kept"))
    }
    try displace(leftovers.displaced)
    outcome.status = .updated
    return outcome
  }

  /// - Returns: what of the old copy's history could not be read any more.
  private func swap(_ old: CopyLayout, _ fresh: CopyLayout, _ displaced: FilePath) throws -> [String] {
    guard let status = try files.status(of: fresh.root) else { preconditionFailure("it was just made") }
    var losses: [String] = []
    do {
      if try files.status(of: old.root)?.kind == .directory {
        // Decides whether a change that a dead run announced has happened. With a damaged copy it may not be possible.
        try? CopyRecovery(layout: old, files: files).recover(at: environment.now())
        let heritage = HistoryCarryOver(from: old, to: fresh, through: files, cancellation: cancellation)
        try heritage.bring(at: environment.now())
        losses = heritage.losses
      }
      try files.rename(fresh.root, to: displaced)
      try files.exchange(old.root, with: displaced)
    } catch {
      throwAway(status, fresh.root, displaced)
      throw error
    }
    try files.synchronizeDirectory(old.root.removingLastComponent())
    return losses
  }

  /// Removes a failed new copy; otherwise each attempt would leave one in the trash. The new copy is identified by its
  /// inode, because a failed step may have taken effect nevertheless. The next run repeats a removal that fails here,
  /// and the original error is thrown.
  private func throwAway(_ new: FileStatus, _ growing: FilePath, _ displaced: FilePath) {
    if let found = try? files.status(of: displaced), found.isSameFile(as: new) {
      try? files.rename(displaced, to: growing)
    }
    try? files.removeTree(growing)
  }
}

/// The directories that runs create beside a copy named `NAME`, and the leftovers of dead runs.
///
/// - `.remora-NAME`: a first copy that is being created (`CopyCreation`).
/// - `.remora-fresh-NAME`, and `.remora-.remora-fresh-NAME` before it: an incomplete fresh download. No reader has seen
///   it, so it may be removed.
/// - `.remora-displaced-NAME`: whole, one of the two copies of a swap: the new one before the two change places, the
///   old one afterwards. It must be kept.
package struct CopyLeftovers {
  private let destination: FilePath
  private let files: any FileSystemPort

  package init(beside destination: FilePath, through files: any FileSystemPort) {
    self.destination = destination
    self.files = files
  }

  /// A fresh copy that is being made.
  var growing: CopyLayout { CopyLayout(root: beside(".remora-fresh-")) }
  /// The one of the two copies that is not, or not any more, the copy.
  var displaced: FilePath { beside(".remora-displaced-") }

  private var creations: [CopyLayout] {
    [destination, growing.root].map { CopyCreation(destination: $0, files: files).building }
  }

  private func beside(_ prefix: String) -> FilePath {
    guard let name = destination.lastComponent else { preconditionFailure("a copy has a name") }
    return destination.removingLastComponent().pushing(
      FilePath(pathText: prefix + FilePath(root: nil, [name]).pathText))
  }

  /// Whether there is anything: four looks.
  package var exist: Bool {
    get throws {
      for path in [displaced, growing.root] + creations.map(\.root) where try files.status(of: path) != nil {
        return true
      }
      return false
    }
  }

  /// Passes a displaced copy to `keep` and removes the rest. Needs the owner lock of the copy, where there is a copy:
  /// while it is held, no run makes a fresh download.
  package func sweep(_ keep: (FilePath) throws -> Void) throws {
    if try files.status(of: displaced) != nil { try keep(displaced) }
    try files.removeTree(growing.root)
    for creation in creations { try removeUnlessHeld(creation) }
  }

  /// A first copy has no other lock than its own.
  private func removeUnlessHeld(_ layout: CopyLayout) throws {
    guard try files.status(of: layout.root) != nil else { return }
    do {
      let lock = try OwnerLock.acquire(path: layout.ownerLock, wait: .zero)
      defer { lock.release() }
      try files.removeTree(layout.root)
    } catch LockError.vanished {
      // The run died before it had a lock.
      try files.removeTree(layout.root)
    } catch LockError.held {
      // Of a run at work, in another process: it will finish, or be swept later.
    }
  }
}
