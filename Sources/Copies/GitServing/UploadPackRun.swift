internal import GitProtocol
internal import Glibc
internal import SystemPackage
internal import TextBytes
internal import WorkerPool

/// One `git upload-pack` from its start to its collected end, on a thread that it blocks.
///
/// Whatever happens, the whole process group is gone when `run` returns: it only reads the repository, so killing it
/// loses nothing.
struct UploadPackRun: Sendable {
  let command: UploadPackCommand
  /// Its standard input; `nil` for none.
  let input: RequestSpool?
  /// What is served, for errors.
  let path: FilePath
  let settings: GitServingSettings

  /// How long a child that has closed its output gets to say by its status why.
  private static let statusWait = Duration.seconds(5)

  /// Runs it and hands on what it says.
  ///
  /// - Throws: `GitServingError`; `Cancelled` when the flag was raised or the reader has gone.
  func run(into outlet: ByteOutlet, cancellation: CancellationFlag) throws {
    let streams = try opened(cancellation)
    defer { streams.close() }
    let child = try start(streams)
    defer { child.kill() }
    let deadline = Deadline.after(settings.totalTimeout)
    var count = 0
    var isRefusal = false
    while let piece = try read(streams, until: deadline) {
      // A packet `ERR …` is git's way to refuse; the status that follows it is no news.
      if count == 0 { isRefusal = piece.dropFirst(4).starts(with: "ERR ".utf8) }
      count += piece.count
      do {
        try outlet.push(piece, until: deadline.earlier(.after(settings.clientTimeout)), cancellation: cancellation)
      } catch is DeadlineExceeded {
        let code = deadline.hasPassed ? GitServingError.Code.timeout : .clientStalled
        throw GitServingError(code, path, "the client did not read the answer in time")
      }
    }
    let ending = child.ending(by: .after(Self.statusWait), cancellation: cancellation)
    try cancellation.check()
    streams.drainErrors()
    try check(ending, complaints: streams.complaints, isRefusal: isRefusal)
  }

  private func opened(_ cancellation: CancellationFlag) throws -> ChildStreams {
    do {
      return try ChildStreams(input: input, silence: settings.silenceTimeout, cancellation: cancellation)
    } catch {
      throw GitServingError(
        .failed, path, "cannot talk to git upload-pack: \(error)", hint: "raise the limit of open files (ulimit -n)")
    }
  }

  private func start(_ streams: ChildStreams) throws -> ChildGroup {
    defer { streams.closeChildEnds() }
    do {
      return try ChildGroup(
        path: command.executable, arguments: command.arguments, environment: command.environment,
        descriptors: streams.childEnds)
    } catch {
      throw GitServingError(
        .failed, path, "cannot start '\(command.executable)': \(Errno(rawValue: error.code))",
        hint: "see whether it runs")
    }
  }

  private func read(_ streams: ChildStreams, until deadline: Deadline) throws -> [UInt8]? {
    do {
      return try streams.read(until: deadline)
    } catch is DeadlineExceeded {
      streams.drainErrors()
      let limit = deadline.hasPassed ? settings.totalTimeout : settings.silenceTimeout
      let what = deadline.hasPassed ? "took longer than" : "said nothing for"
      throw GitServingError(
        .timeout, path, "git upload-pack \(what) \(limit.components.seconds) s" + said(streams.complaints))
    } catch let error as Errno {
      throw GitServingError(.failed, path, "cannot read from git upload-pack: \(error)")
    }
  }

  private func check(_ ending: ChildGroup.Ending?, complaints: [UInt8], isRefusal: Bool) throws(GitServingError) {
    switch ending {
    case .exited(0): return
    case .exited where isRefusal: return
    case .exited(let status):
      throw GitServingError(.failed, path, "git upload-pack ended with status \(status)" + said(complaints))
    case .signaled(let signal):
      throw GitServingError(.failed, path, "git upload-pack was ended by signal \(signal)" + said(complaints))
    case nil: throw GitServingError(.failed, path, "git upload-pack closed its output and went on running")
    }
  }

  private func said(_ complaints: [UInt8]) -> String {
    let text = ForeignText.serverLine(complaints)
    return text.isEmpty ? "" : ": \(text)"
  }
}
