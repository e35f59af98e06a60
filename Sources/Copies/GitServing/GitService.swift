internal import Git
internal import GitProtocol
package import NIOCore
internal import SystemPackage
package import WorkerPool

/// Serves bare repositories read-only over smart HTTP (gitprotocol-http(5)): bytes in, bytes out.
///
/// To other sites (`showsHiddenRefs`) the capabilities of version 2 and its `ls-refs` are answered from the ref files,
/// without a process: most of their requests are listings that find nothing new. Everything else is one bounded
/// `git upload-pack`: fetches, versions 0 and 1, readers (for whom git applies the rules of hidden refs), and
/// repositories that only git can read.
package final class GitService: Sendable {
  let settings: GitServingSettings
  let workers: WorkerPool
  let gate: AskerGate
  let threads: WorkerPool

  /// - Parameter workers: for reading refs and objects; shut down by the caller.
  package init(settings: GitServingSettings, workers: WorkerPool) {
    self.settings = settings
    self.workers = workers
    gate = AskerGate(
      name: "git upload-pack", places: settings.maximumChildren,
      share: max(1, min(settings.maximumChildren, settings.maximumChildrenOfAsker)),
      waitingLimit: settings.maximumWaiting)
    threads = WorkerPool(
      name: "git upload-pack", threads: settings.maximumChildren, waitingLimit: settings.maximumChildren)
  }

  /// Ends all children and refuses new ones; returns when none is left.
  package func shutdown() async {
    gate.close()
    await threads.shutdown()
  }

  /// Answers `GET …/info/refs?service=git-upload-pack`.
  ///
  /// - Parameter protocolHeader: the value of `Git-Protocol`.
  package func advertisement(
    of repository: ServedRepository, protocolHeader: String?
  ) async throws(GitServingError) -> GitReply {
    let header = ProtocolHeader(protocolHeader)
    let contentType = "application/x-git-upload-pack-advertisement"
    do {
      let isPlain = try await workers.run { _ in try RepositoryState(of: repository).isPlain }
      if header.version == 2, repository.showsHiddenRefs, isPlain {
        return GitReply(contentType: contentType, body: .bytes(capabilities))
      }
      // git's own http-backend leaves the line away from version 2 on (http-backend.c, get_info_refs).
      var prelude = PktLineEncoder()
      if header.version < 2 {
        prelude.line("# service=git-upload-pack")
        prelude.flush()
      }
      return GitReply(
        contentType: contentType,
        body: try await child(repository, .advertisement, header: header, input: nil, prelude: prelude.bytes))
    } catch {
      throw GitServingError(error, repository.path, settings)
    }
  }

  /// What `git upload-pack` 2.39 says of itself, less `server-option` and `object-info`, which no copy needs.
  private var capabilities: [UInt8] {
    var encoder = PktLineEncoder()
    encoder.line("version 2")
    encoder.line("agent=\(settings.agent)")
    encoder.line("ls-refs=unborn")
    encoder.line("fetch=shallow wait-for-done")
    encoder.line("object-format=sha1")
    encoder.flush()
    return encoder.bytes
  }

  /// Answers `POST …/git-upload-pack`.
  ///
  /// - Parameters:
  ///   - protocolHeader: the value of `Git-Protocol`.
  ///   - contentEncoding: the value of `Content-Encoding`.
  ///   - body: read to its end before anything is answered.
  ///   - reserve: called before bytes of the unpacked body are written to the disk, with their count; throws where
  ///     there is no room. Kept as long as they lie there.
  package func uploadPack(
    of repository: ServedRepository, protocolHeader: String?, contentEncoding: String?,
    body: some AsyncSequence<ByteBuffer, any Error> & Sendable,
    reserve: @escaping @Sendable (Int) throws -> Void = { _ in }
  ) async throws(GitServingError) -> GitReply {
    let header = ProtocolHeader(protocolHeader)
    let contentType = "application/x-git-upload-pack-result"
    do {
      let spool = try await receive(body, contentEncoding: contentEncoding, of: repository, reserve)
      let announcement = try await workers.run { [settings] _ in
        try RepositoryState(of: repository).announcement(answering: spool, header: header, settings: settings)
      }
      if let announcement { return GitReply(contentType: contentType, body: .listing(announcement)) }
      return GitReply(
        contentType: contentType, body: try await child(repository, .request, header: header, input: spool))
    } catch {
      throw GitServingError(error, repository.path, settings)
    }
  }

  private func receive(
    _ body: some AsyncSequence<ByteBuffer, any Error> & Sendable, contentEncoding: String?,
    of repository: ServedRepository, _ reserve: @escaping @Sendable (Int) throws -> Void
  ) async throws -> RequestSpool {
    let settings = settings
    do {
      return try await TimeLimit.run(settings.requestTimeout) {
        var receiver = try RequestReceiver(
          of: repository.path, contentEncoding: contentEncoding, settings: settings, reserve: reserve)
        for try await part in body { try receiver.take(part) }
        return try receiver.finish()
      }
    } catch is DeadlineExceeded {
      throw GitServingError(.requestTimeout, repository.path, "the request did not come to its end in time")
    } catch let error as GitServingError {
      throw error
    } catch {
      try Task.checkCancellation()
      throw GitServingError(.badRequest, repository.path, "the request broke off: \(error)")
    }
  }

  /// Starts a child and waits for its first word: so a failure still gets a status of its own.
  private func child(
    _ repository: ServedRepository, _ purpose: UploadPackCommand.Purpose, header: ProtocolHeader, input: RequestSpool?,
    prelude: [UInt8] = []
  ) async throws -> GitReply.Body {
    let path = repository.path
    guard let command = UploadPackCommand(repository, purpose, header: header, settings: settings) else {
      throw GitServingError(
        .failed, path, "no program '\(settings.gitExecutable)' was found",
        hint: "install git: fetches are served by 'git upload-pack'")
    }
    do {
      try await TimeLimit.enter(gate, repository.asker, within: settings.admissionTimeout)
    } catch is DeadlineExceeded {
      throw GitServingError(
        .busy, path,
        "\(settings.maximumChildren) git upload-pack are running, or \(settings.maximumChildrenOfAsker) of this asker, "
          + "and none ended in time",
        hint: "raise limits.upload_packs or limits.upload_packs_per_asker", retryAfter: settings.retryAfter)
    }
    let run = UploadPackRun(command: command, input: input, path: path, settings: settings)
    let job = UploadPackJob(run, threads: threads, gate: gate, asker: repository.asker) { [settings] in
      GitServingError($0, path, settings)
    }
    let beginning = try await job.next() ?? []
    return .child(beginning: prelude + beginning, job)
  }
}

/// An end for async work that has none of its own.
enum TimeLimit {
  /// Runs `body`, and cancels it when it takes longer.
  /// - Throws: `DeadlineExceeded`, and what `body` throws.
  static func run<T: Sendable>(
    _ limit: Duration, _ body: @escaping @Sendable () async throws -> T
  ) async throws -> T {
    try await withThrowingTaskGroup(of: T?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await TimedWait.sleep(for: limit)
        return nil
      }
      defer { group.cancelAll() }
      guard case .some(.some(let result)) = try await group.next() else { throw DeadlineExceeded() }
      return result
    }
  }

  /// Waits for a place, which must be given back by `leave`.
  /// - Throws: `DeadlineExceeded`, and what `enter` throws; then there is no place to give back.
  static func enter(_ gate: AskerGate, _ asker: Asker, within limit: Duration) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await gate.enter(asker)
        return true
      }
      group.addTask {
        try await TimedWait.sleep(for: limit)
        return false
      }
      let isAdmitted = try await group.next()
      group.cancelAll()
      if isAdmitted == true { return }
      // The place may have come at the same moment.
      while let result = await group.nextResult() {
        if case .success(true) = result { gate.leave(asker) }
      }
      throw DeadlineExceeded()
    }
  }
}
