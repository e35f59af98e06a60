internal import DurableFiles
internal import GitTransport
internal import GitValues
internal import RefStore
internal import SystemPackage
package import WorkerPool

/// Makes one copy equal to its source: list, compare, fetch what is missing, check it, change the refs in one step.
///
/// Synchronous: runs from beginning to end on the thread that calls it (a `WorkerPool` thread), so that calls of
/// libgit2 and Remora's own steps cannot interleave. Every wait ends by data, a deadline or the cancellation flag. A
/// run that ends early, by error, cancellation or SIGKILL, leaves the copy in its old state, its new state, or with new
/// refs and the old HEAD, which the next run completes.
package struct MirrorRun {
  let request: MirrorRequest
  private(set) var environment: MirrorEnvironment
  let cancellation: CancellationFlag
  let report: (MirrorProgress) -> Void
  let deadline: Deadline

  package init(
    _ request: MirrorRequest, environment: MirrorEnvironment, cancellation: CancellationFlag,
    report: @escaping (MirrorProgress) -> Void = { _ in }
  ) {
    self.request = request
    self.environment = environment
    self.cancellation = cancellation
    self.report = report
    deadline = .after(request.limits.run)
  }

  var files: any FileSystemPort { environment.files }

  /// Runs and says how it ended; every failure is an outcome.
  package func execute() -> MirrorOutcome {
    do {
      // A destination that another run completes during the wait is inspected again: then it is a copy.
      for _ in 0..<3 {
        if let outcome = try attempt() { return outcome }
      }
      throw MirrorError(
        .busy, "mirror into '\(request.destination)': other runs make and remove it all the time", hint: "run again")
    } catch let error as LockError {
      return .failed(busy(error))
    } catch {
      return .failed(MirrorError(error, "mirror into", request.destination.string))
    }
  }

  private func attempt() throws -> MirrorOutcome? {
    let found = try CopyInspection.look(
      at: request.destination, for: request.source, adopts: request.adopts, through: files)
    switch found {
    case .vacant: return try firstCopy()
    case .copy(let recorded): return try sharing().update(recorded)
    case .adoptable: return try sharing().update(nil)
    }
  }

  /// The same run, writing with the modes that the copy's `core.sharedRepository` asks for.
  private func sharing() throws -> MirrorRun {
    var run = self
    run.environment.files = try SharedModeFileSystem.wrapping(files, for: request.destination)
    return run
  }

  private func busy(_ error: LockError) -> MirrorError {
    switch error {
    case .held, .vanished:
      return MirrorError(.busy, "mirror into '\(request.destination)': \(error)", hint: "")
    case .cancelled: return MirrorError(Cancelled(), "mirror into", request.destination.string)
    case .failed(let error): return MirrorError(error, "mirror into", request.destination.string)
    }
  }

  /// Throws when the run was cancelled or has no time left. Asked wherever it works without waiting for the source.
  func checkTime() throws {
    try cancellation.check()
    guard !deadline.hasPassed else {
      throw MirrorError(
        .timeout, "mirror '\(request.source)': the whole run took longer than \(request.limits.run)",
        hint: "give it more time with --timeout; the copy is as it was")
    }
  }

  func connect() throws -> any SourceSession {
    report(.listing)
    return try request.source.session(
      environment.transports, cancellation: cancellation, deadline: deadline,
      serverText: environment.showsServerText ? { [report] in report(.remote($0)) } : nil)
  }

  // MARK: A first copy

  private func firstCopy() throws -> MirrorOutcome? {
    let configuration = CopyConfiguration(
      source: request.source.redacted, exclusion: request.exclusion ?? .none)
    let session = try connect()
    defer { session.close() }
    let contents = CopyContents.new(head: HeadLine(session.view.head) ?? .initial)
    if request.isDryRun {
      let layout = CopyLayout(root: request.destination)
      return CopyUpdate(self, layout, configuration, recorded: nil).compare(session, with: contents)
    }
    let creation = CopyCreation(destination: request.destination, files: files)
    guard let (lock, made) = try creation.begin(wait: request.wait, cancellation: cancellation) else { return nil }
    defer { lock.release() }
    do {
      try creation.layOut(configuration, head: contents.headLine ?? .initial)
      let update = CopyUpdate(self, creation.building, configuration, recorded: configuration)
      var outcome = try update.bring(to: session, from: contents)
      try creation.finish(made: made)
      if outcome.status != .failed { outcome.status = .cloned }
      return outcome
    } catch {
      creation.abandon(made: made)
      throw error
    }
  }

  // MARK: An existing copy

  private func update(_ recorded: CopyConfiguration?) throws -> MirrorOutcome {
    let layout = CopyLayout(root: request.destination)
    let configuration = CopyConfiguration(
      source: request.source.redacted, exclusion: request.exclusion ?? recorded?.exclusion ?? .none)
    if request.isDryRun {
      let session = try connect()
      defer { session.close() }
      return CopyUpdate(self, layout, configuration, recorded: recorded).compare(
        session, with: try CopyContents.read(layout, through: files))
    }
    let made = try files.makeDirectories(layout.own)
    // Of a copy of ours it was lost: the name must be durable before the journal in it is. Of a repository that is
    // taken over, the configuration comes first and makes both durable.
    if recorded != nil { try files.synchronizeParents(of: made) }
    let lock = try OwnerLock.acquire(
      path: layout.ownerLock, wait: request.wait, isCancelled: { [cancellation] in cancellation.isRaised })
    defer { lock.release() }
    SharedModeFileSystem.adjust(layout.ownerLock, in: files)
    do {
      return try update(layout, configuration, recorded)
    } catch {
      cleanUp(layout, made: made)
      throw error
    }
  }

  /// Cleans up after a failure at once, not at the next run: a pack of many gigabytes that failed a check, or that did
  /// not fit, must not stay until then. The next run repeats a cleanup that fails, and the original error is thrown.
  private func cleanUp(_ layout: CopyLayout, made: [FilePath]) {
    try? CopyRecovery(layout: layout, files: files).recover(at: environment.now())
    // A repository that was not taken over is left as it was; one that has a journal was.
    guard !made.isEmpty else { return }
    do {
      if try files.status(of: layout.journal) == nil { try files.removeTree(layout.own) }
    } catch {
      // Empty directories and a lock file, which do no harm.
    }
  }

  private func update(
    _ layout: CopyLayout, _ configuration: CopyConfiguration, _ recorded: CopyConfiguration?
  ) throws -> MirrorOutcome {
    let update = CopyUpdate(self, layout, configuration, recorded: recorded)
    // A loss of power can take staging and leave a lock, hence both.
    let isClean = try [layout.staging, layout.packedRefsLock, layout.headLock].allSatisfy {
      try files.status(of: $0) == nil
    }
    let state = isClean && recorded == configuration ? try CopyState.loadIfCurrent(layout, through: files) : nil
    var mayBeUnchanged = true
    if let state {
      switch LocalSourceProbe.look(at: request.source, for: layout, configuration.exclusion, through: files) {
      case .view(let view):
        if let outcome = update.unchanged(view, since: state) { return outcome }
        // The session shows the same change; hashing its listing once more would only take time.
        mayBeUnchanged = false
      case .changed: mayBeUnchanged = false
      case .unclear: break
      }
    }
    let session = try connect()
    defer { session.close() }
    if let state, mayBeUnchanged, let outcome = update.unchanged(session.view, since: state) { return outcome }
    try CopyRecovery(layout: layout, files: files).recover(at: environment.now())
    var stale: [String] = []
    if let age = request.staleLockAge {
      stale = try StaleLocks(layout: layout, files: files).remove(olderThan: age, at: environment.now())
    }
    var before = try CopyContents.read(layout, through: files)
    let locks = ForeignLocks(run: self, layout: layout)
    if try locks.first() != nil,
      !MirrorGoal(session.view, exclusion: configuration.exclusion, contents: before).isReached
    {
      // Before anything is fetched; and what held the lock may have changed the refs.
      try locks.wait()
      before = try CopyContents.read(layout, through: files)
    }
    var fault: String?
    if recorded == nil {
      fault = try TakeoverCheck(run: self, layout: layout).fault(
        below: before.refs.map(\.oid) + (before.detachedHead.map { [$0] } ?? []))
      before.isWhole = fault == nil
    }
    var outcome = try update.bring(to: session, from: before)
    outcome.warnings += stale.map { MirrorOutcome.Warning(code: "stale_lock_removed", message: $0) }
    if let fault {
      outcome.warnings.append(
        .init(code: "takeover_repaired", message: "\(fault): everything was fetched again from the source"))
    }
    if recorded == nil, outcome.status == .updated {
      outcome.warnings += KeptCommits.warnings(
        before: before.refs, after: try CopyContents.read(layout, through: files).refs, in: layout)
    }
    return outcome
  }
}
