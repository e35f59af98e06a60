internal import ArgumentParser
internal import GitTransport
internal import GitValues
internal import Mirroring
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

/// `remora verify`: is a copy equal to what its source advertises now?
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compare a copy with what its source advertises, ref by ref.",
    // The one that is made from the options is too long to read.
    usage: "remora verify [<options>] <source> <copy>",
    discussion: """
      Exit 0: equal. Exit 1: different, and the refs that differ are listed, or the
      comparison failed. Exit 3: one side has broken refs. Refs that the copy leaves
      out by its rules do not count.

      Example:
        remora verify https://git.example.org/project.git /srv/copies/project.git
      """)

  @Argument(help: "Where the copy comes from.")
  var source: String

  @Argument(help: "The copy.", completion: .directory)
  var copy: String

  @Flag(help: "Print a JSON object.")
  var json = false

  @OptionGroup(title: "Connection") var connection: ConnectionOptions

  func run() async throws {
    let source = try LocalPath.source(source)
    let copy = try LocalPath.absolute(copy)
    let transports = connection.transports()
    let timeout = Duration.seconds(connection.timeout)
    let result = Mutex<Result<CopyComparison, MirrorError>?>(nil)
    let interrupted = await Interruption.watch {
      let pool = WorkerPool(name: "verify", threads: 1, waitingLimit: 1)
      do {
        let comparison = try await pool.run { flag in
          try CopyComparison.compare(
            source, with: copy, transports: transports, cancellation: flag, deadline: .after(timeout))
        }
        result.withLock { $0 = .success(comparison) }
      } catch {
        result.withLock { $0 = .failure(MirrorError(error, "verify", copy.string)) }
      }
      await pool.shutdown()
    }
    await transports.shutdown()
    if interrupted { throw ExitStatus.interrupted }
    switch result.withLock({ $0 }) {
    case .success(let comparison): try tell(comparison, source, copy)
    case .failure(let error):
      Output.error("error: \(error)")
      throw ExitStatus.of(error)
    case nil: throw ExitStatus.failed
    }
  }

  private func tell(_ comparison: CopyComparison, _ source: SourceURL, _ copy: FilePath) throws {
    if json {
      try Output.json(
        VerifyReport(
          source: source.redacted, copy: copy.string, equal: comparison.isEqual, headUnknown: comparison.headIsUnknown,
          checksum: comparison.checksum, refs: comparison.refs,
          differences: comparison.differences.map {
            .init(ref: $0.name.description, source: $0.source, copy: $0.copy)
          },
          broken: comparison.brokenInSource.map { BrokenReport($0, in: .source) }
            + comparison.brokenInCopy.map { BrokenReport($0, in: .copy) }))
    } else if comparison.isEqual {
      let head = comparison.headIsUnknown ? ", HEAD unknown" : ""
      Output.result(
        "equal\(head): \(comparison.refs) refs as '\(source)' advertises them, \(comparison.checksum ?? "")")
    } else {
      for difference in comparison.differences {
        Output.result("\(difference.name): source \(difference.source ?? "-") copy \(difference.copy ?? "-")")
      }
    }
    if comparison.isBroken {
      if !comparison.brokenInSource.isEmpty { BrokenReport.tell(comparison.brokenInSource, of: source.redacted) }
      if !comparison.brokenInCopy.isEmpty { BrokenReport.tell(comparison.brokenInCopy, of: copy) }
      throw ExitStatus.broken
    }
    guard comparison.isEqual else {
      Output.error(
        "different: \(comparison.differences.count) of the refs of '\(copy)'; run 'remora mirror' to put it right")
      throw ExitStatus.failed
    }
  }
}

/// The JSON object that `remora verify --json` prints. Every key is there in every object; new ones may come, none goes.
struct VerifyReport: Encodable {
  /// A ref that differs; null where a side does not have it.
  struct Difference: Encodable {
    let ref: String
    @NullWhenMissing var source: String?
    @NullWhenMissing var copy: String?
  }

  let source: String
  let copy: String
  let equal: Bool
  /// The basis of the comparison: the refs that the source lists to us, which may not be all that it has.
  let basis = "advertisement"
  let headUnknown: Bool
  @NullWhenMissing var checksum: String?
  let refs: Int
  let differences: [Difference]
  let broken: [BrokenReport]

  private enum CodingKeys: String, CodingKey {
    case source, copy, equal, basis, checksum, refs, differences, broken
    case headUnknown = "head_unknown"
  }
}

/// A broken ref in JSON and on standard error.
struct BrokenReport: Encodable {
  /// Which of two repositories has the ref.
  enum Side: String, Encodable { case source, copy }

  let ref: String
  let reason: String
  /// Left out where only one repository is looked at.
  let side: Side?

  init(_ broken: BrokenRef, in side: Side? = nil) {
    ref = broken.name.description
    reason = broken.reason
    self.side = side
  }

  static func tell(_ broken: [BrokenRef], of path: FilePath) { tell(broken, of: path.string) }

  static func tell(_ broken: [BrokenRef], of repository: String) {
    let named = broken.prefix(10).map { "'\($0.name)' (\($0.reason))" }.joined(separator: ", ")
    let more = broken.count > 10 ? " and \(broken.count - 10) more" : ""
    Output.error("error: '\(repository)' is broken: \(named)\(more); repair these refs and ask again")
  }
}
