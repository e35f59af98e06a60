internal import ChildProcess
internal import GitCommand
internal import GitProtocol
internal import Glibc
internal import SystemPackage
internal import WorkerPool

/// A `git upload-pack` that runs on a thread of its own, as its reader sees it. When this goes away, the child goes too.
final class UploadPackJob: Sendable {
  private let outlet: ByteOutlet
  private let task: Task<Void, Never>
  private let translate: @Sendable (any Error) -> GitServingError

  /// Starts it; a place at the gate has been taken for it, and is given back at its end.
  init(
    _ run: UploadPackRun, threads: WorkerPool, gate: AskerGate, asker: Asker,
    translate: @escaping @Sendable (any Error) -> GitServingError
  ) {
    let outlet = ByteOutlet()
    self.outlet = outlet
    self.translate = translate
    task = Task {
      do {
        try await threads.run { flag in try run.run(into: outlet, cancellation: flag) }
        gate.leave(asker)
        outlet.finish()
      } catch {
        gate.leave(asker)
        outlet.finish(error)
      }
    }
  }

  deinit {
    task.cancel()
    outlet.abandon()
  }

  /// The next that the child says; `nil` when it has ended well.
  func next() async throws(GitServingError) -> [UInt8]? {
    do {
      return try await outlet.next()
    } catch {
      throw translate(error)
    }
  }
}

/// One `git upload-pack` from its start to its exit, on a thread that it blocks.
///
/// The whole process group is gone when `run` returns: it only reads the repository, so killing it loses nothing.
struct UploadPackRun: Sendable {
  let command: UploadPackCommand
  /// Its standard input; `nil` for none.
  let input: RequestSpool?
  /// The served repository, for errors.
  let path: FilePath
  let settings: GitServingSettings

  /// What one read takes at most.
  private static let pieceBytes = 1 << 16

  /// Runs it and passes its output on.
  ///
  /// - Throws: `GitServingError`; `Cancelled` when the flag was raised or the reader has gone.
  func run(into outlet: ByteOutlet, cancellation: CancellationFlag) throws {
    let deadline = Deadline.after(settings.totalTimeout)
    input?.rewind()
    let child = try start(
      WaitLimits(silence: settings.silenceTimeout, deadline: deadline, cancellation: cancellation))
    defer { child.abort() }
    var count = 0
    var isRefusal = false
    while true {
      let piece = try read(child)
      guard !piece.isEmpty else { break }
      // A packet `ERR …` is git's refusal; the exit status that follows it says nothing more.
      if count == 0 { isRefusal = piece.dropFirst(4).starts(with: "ERR ".utf8) }
      count += piece.count
      do {
        try outlet.push(piece, until: deadline.earlier(.after(settings.clientTimeout)), cancellation: cancellation)
      } catch is DeadlineExceeded {
        let code = deadline.hasPassed ? GitServingError.Code.timeout : .clientStalled
        throw GitServingError(code, path, "the client did not read the answer in time")
      }
    }
    try check(try child.ending(), child, isRefusal: isRefusal)
  }

  private func start(_ limits: WaitLimits) throws(GitServingError) -> Child {
    do {
      return try Child(
        ChildCommand(path: command.executable, arguments: command.arguments, environment: command.environment),
        input: input.map { .descriptor($0.descriptor) } ?? .nothing, limits: limits)
    } catch {
      guard case .failed(let what, let code) = error else { preconditionFailure("a start waits for nothing") }
      throw GitServingError(
        .failed, path, "cannot \(what) '\(command.executable)': \(Errno(rawValue: code))",
        hint: [EMFILE, ENFILE].contains(code) ? "raise the limit of open files (ulimit -n)" : "see whether it runs")
    }
  }

  /// The next bytes of the output; empty at its end.
  private func read(_ child: Child) throws -> [UInt8] {
    do {
      return try [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, filled in
        filled = try child.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
    } catch let failure as ChildFailure {
      switch failure {
      case .silent(let limit): throw timeout("said nothing for", limit, child)
      case .runTimedOut: throw timeout("took longer than", settings.totalTimeout, child)
      case .failed(let what, let code):
        throw GitServingError(.failed, path, "cannot \(what) git upload-pack: \(Errno(rawValue: code))")
      }
    }
  }

  private func timeout(_ what: String, _ limit: Duration, _ child: Child) -> GitServingError {
    GitServingError(.timeout, path, "git upload-pack \(what) \(limit.components.seconds) s" + errorText(child))
  }

  private func check(_ ending: Child.Ending?, _ child: Child, isRefusal: Bool) throws(GitServingError) {
    switch ending {
    case .exited(0): return
    case .exited where isRefusal: return
    case .exited(let status):
      throw GitServingError(.failed, path, "git upload-pack ended with status \(status)" + errorText(child))
    case .signaled(let signal):
      throw GitServingError(.failed, path, "git upload-pack was ended by signal \(signal)" + errorText(child))
    case nil: throw GitServingError(.failed, path, "git upload-pack closed its output and went on running")
    }
  }

  private func errorText(_ child: Child) -> String {
    let text = child.errorText.description
    return text.isEmpty ? "" : ": \(text)"
  }
}

/// The command line and the environment of a `git upload-pack`.
struct UploadPackCommand: Sendable {
  let executable: String
  let arguments: [String]
  let environment: [String: String]

  /// Which half of the conversation it is for.
  enum Purpose {
    case advertisement
    case request
  }

  /// - Returns: `nil` when there is no git.
  init?(_ repository: ServedRepository, _ purpose: Purpose, header: ProtocolHeader, settings: GitServingSettings) {
    guard let found = ChildCommand.find(settings.gitExecutable, in: settings.environment) else { return nil }
    executable = found
    var arguments: [String] = []
    // The last rule that fits a ref wins, and those of the command line come last (git-config(1), transfer.hideRefs).
    if repository.showsHiddenRefs { arguments += ["-c", "transfer.hideRefs=!refs"] }
    for prefix in repository.hiddenRefs { arguments += ["-c", "transfer.hideRefs=\(prefix)"] }
    if repository.trustsOwner { arguments += ["-c", "safe.directory=\(Self.resolved(repository.path.string))"] }
    arguments += ["upload-pack", "--strict", "--stateless-rpc"]
    if purpose == .advertisement { arguments.append("--http-backend-info-refs") }
    self.arguments = arguments + ["--", repository.path.string]

    // Who may own a served repository is decided by the configuration, not by sudo.
    var environment = GitProgram.environment(from: settings.environment, inheritsSudo: false)
    environment["GIT_PROTOCOL"] = header.value
    self.environment = environment
  }

  /// git compares `safe.directory` with the path that it finds itself in.
  private static func resolved(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
