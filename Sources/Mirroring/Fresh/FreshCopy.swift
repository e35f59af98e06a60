internal import DurableFiles
internal import GitTransport
internal import RefStore
package import SystemPackage
package import WorkerPool

/// Fetches everything of a source anew beside an old copy, without using anything of it, and lets the two change places.
///
/// For a copy that cannot be trusted any more. What only the old copy has comes along: the ref journal, and every object that the
/// dropped log, the journal or an old ref names, as far as the old copy can still read it (`Heritage`).
///
/// The two change places in one step (`FileSystemPort.exchange`); a crash leaves the old copy or the new one. What lies at
/// `.remora-fresh-NAME` afterwards, at once or found by the next run, is given to `displace`, which must keep it.
package struct FreshCopy {
  private let request: MirrorRequest
  private let environment: MirrorEnvironment
  private let cancellation: CancellationFlag
  private let displace: (FilePath) throws -> Void

  /// - Parameter displace: moves the directory at the path to where it is kept for some time.
  package init(
    _ request: MirrorRequest, environment: MirrorEnvironment, cancellation: CancellationFlag,
    displace: @escaping (FilePath) throws -> Void
  ) {
    self.request = request
    self.environment = environment
    self.cancellation = cancellation
    self.displace = displace
  }

  private var files: any FileSystemPort { environment.files }

  /// Runs and says how it ended, as `MirrorRun.execute()` does.
  package func execute() -> MirrorOutcome {
    do {
      let old = CopyLayout(root: request.destination)
      guard try files.status(of: old.root) != nil else { return mirror(request) }
      try files.makeDirectories(old.own)
      let lock = try OwnerLock.acquire(
        path: old.ownerLock, wait: request.wait, isCancelled: { [cancellation] in cancellation.isRaised })
      defer { lock.release() }
      return try replace(old)
    } catch let error as LockError {
      return .failed(MirrorError(.busy, "fetch '\(request.destination)' anew: \(error)", hint: "run again"))
    } catch {
      return .failed(MirrorError(error, destination: request.destination.string))
    }
  }

  private func mirror(_ request: MirrorRequest) -> MirrorOutcome {
    MirrorRun(request, environment: environment, cancellation: cancellation).execute()
  }

  private func replace(_ old: CopyLayout) throws -> MirrorOutcome {
    guard let name = old.root.lastComponent else { preconditionFailure("a copy has a name") }
    let parent = old.root.removingLastComponent()
    let fresh = CopyLayout(root: parent.appending(".remora-fresh-\(name.string)"))
    // Of a run that died: the displaced copy, or a new one that was never finished. Which of them, it is not for us to guess.
    if try files.status(of: fresh.root) != nil { try displace(fresh.root) }
    var beside = request
    beside.destination = fresh.root
    // Rules that cannot be read any more are made good by the next request that names them.
    beside.exclusion = request.exclusion ?? (try? RepositoryReading.exclusion(of: old.root))
    var outcome = mirror(beside)
    guard outcome.error == nil else {
      // A copy with broken refs of its source is not worth the old one.
      try? files.removeTree(fresh.root)
      return outcome
    }
    try Heritage(from: old, to: fresh, through: files, cancellation: cancellation).bring(at: environment.now())
    try files.exchange(old.root, with: fresh.root)
    try files.synchronizeDirectory(parent)
    try displace(fresh.root)
    outcome.status = .updated
    return outcome
  }
}
