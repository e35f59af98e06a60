internal import DurableFiles
internal import GitTransport
internal import GitValues
internal import RefStore
internal import SystemPackage
package import WorkerPool

/// Makes one copy equal to its source: list, compare, fetch what is missing, check it, change the refs in one step.
///
/// Synchronous: runs from beginning to end on the thread that calls it (a `WorkerPool` thread), so that what libgit2 does and
/// what we do cannot interleave. Every wait ends by data, a deadline or the cancellation flag. A run that ends early, by
/// error, cancellation or SIGKILL, leaves the copy in its old state, its new state, or with new refs and the old HEAD, which
/// the next run completes.
package struct MirrorRun {
  let request: MirrorRequest
  let environment: MirrorEnvironment
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
      // A destination that another run finishes while we wait for it is looked at again: then it is a copy.
      for _ in 0..<3 {
        if let outcome = try attempt() { return outcome }
      }
      throw MirrorError(
        .busy, "mirror into '\(request.destination)': other runs make and remove it all the time", hint: "run again")
    } catch let error as LockError {
      return .failed(busy(error))
    } catch {
      return .failed(MirrorError(error, destination: request.destination.string))
    }
  }

  private func attempt() throws -> MirrorOutcome? {
    let found = try CopyInspection.look(
      at: request.destination, for: request.source, adopts: request.adopts, through: files)
    switch found {
    case .vacant: return try firstCopy()
    case .copy(let recorded): return try update(recorded)
    case .adoptable: return try update(nil)
    }
  }

  private func busy(_ error: LockError) -> MirrorError {
    switch error {
    case .held, .vanished:
      return MirrorError(.busy, "mirror into '\(request.destination)': \(error)", hint: "")
    case .cancelled: return MirrorError(Cancelled(), destination: request.destination.string)
    case .failed(let error): return MirrorError(error, destination: request.destination.string)
    }
  }

  func connect() throws -> SourceSession {
    report(.listing)
    return try SourceSession(
      request.source, transports: environment.transports, cancellation: cancellation, deadline: deadline)
  }

  // MARK: A first copy

  private func firstCopy() throws -> MirrorOutcome? {
    let configuration = CopyConfiguration(
      source: request.source.redacted, exclusion: request.exclusion ?? .none)
    let session = try connect()
    defer { session.close() }
    if request.isDryRun {
      return try CopyUpdate(self, CopyLayout(root: request.destination), configuration).compare(session, with: .nothing)
    }
    let creation = CopyCreation(destination: request.destination, files: files)
    guard let (lock, made) = try creation.begin(wait: request.wait, cancellation: cancellation) else { return nil }
    defer { lock.release() }
    do {
      try creation.layOut(configuration, head: HeadLine(session.view.head) ?? .initial)
      let update = CopyUpdate(self, creation.building, configuration)
      var outcome = try update.bring(to: session, from: .nothing)
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
      return try CopyUpdate(self, layout, configuration).compare(
        session, with: CopyContents.read(layout, through: files))
    }
    if recorded == nil { try files.makeDirectories(layout.own) }
    let lock = try OwnerLock.acquire(
      path: layout.ownerLock, wait: request.wait, isCancelled: { [cancellation] in cancellation.isRaised })
    defer { lock.release() }
    let update = CopyUpdate(self, layout, configuration)
    let isClean = try files.status(of: layout.staging) == nil
    let state = isClean && recorded == configuration ? try CopyState.loadIfCurrent(layout, through: files) : nil
    let session = try connect()
    defer { session.close() }
    if let state, let outcome = update.unchanged(session, since: state) { return outcome }
    try CopyRecovery(layout: layout, files: files).recover(at: environment.now())
    if recorded != configuration { try update.record(configuration) }
    return try update.bring(to: session, from: CopyContents.read(layout, through: files))
  }
}
