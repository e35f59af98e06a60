internal import ChildProcess
internal import GitCommand
package import GitValues
internal import Glibc
package import WorkerPool

/// A `git upload-pack` child that serves a repository on this machine: one process for the listing and the fetch.
///
/// The child's environment is ours reduced to what finds git and the user's configuration, as `git fetch` of a path
/// would have it: `safe.directory` of the user's own configuration is honoured. It never asks anything. It runs in a
/// process group of its own, which is killed by `abort`, by cancellation's end and when this object goes away.
///
/// Limitation: upload-pack itself decides which refs it shows (`transfer.hideRefs` of the source). git 2.39 lists a ref
/// that cannot be read with a null oid; git before 2.34 leaves it out and names it on its standard error at best.
package final class LocalUploadPack: UploadPackChannel {
  /// The settings in addition to the path.
  package struct Settings: Sendable {
    /// Name, looked up in the `PATH` of `environment`, or path of the program.
    package var gitExecutable: String
    /// Our own environment, of which a part is handed on.
    package var environment: [String: String]
    /// How long the child may send and take nothing.
    package var silenceTimeout: Duration
    /// How many broken refs may be named.
    package var maximumBrokenRefs: Int
    /// Whether version 2 is asked for. Off only in tests: every git that we support has it.
    package var asksForVersion2: Bool

    package init(
      gitExecutable: String = "git", environment: [String: String], silenceTimeout: Duration = .seconds(60),
      maximumBrokenRefs: Int = 100_000, asksForVersion2: Bool = true
    ) {
      self.gitExecutable = gitExecutable
      self.environment = environment
      self.silenceTimeout = silenceTimeout
      self.maximumBrokenRefs = maximumBrokenRefs
      self.asksForVersion2 = asksForVersion2
    }
  }

  package var isStateless: Bool { false }
  /// The child says its capabilities unasked: there is no round trip to save.
  package var mayAssumeVersion2: Bool { false }

  let subject: String
  let settings: Settings
  private let location: LocalRepositoryPath
  private let gitPath: String
  private let cancellation: CancellationFlag
  private let deadline: Deadline
  private let brokenRefLines: BrokenRefLines
  private var child: Child?

  /// Looks at the path; the child is started by `openAdvertisement`.
  ///
  /// - Parameters:
  ///   - path: of a bare repository or of one with a work tree; relative to the current directory.
  ///   - subject: how errors name it.
  ///   - deadline: of the whole run.
  /// - Throws: `TransportError`: source_not_found, source_access_denied, source_shallow, git_missing.
  package init(
    path: String, subject: String, settings: Settings, cancellation: CancellationFlag, deadline: Deadline
  ) throws(TransportError) {
    self.subject = subject
    self.settings = settings
    self.cancellation = cancellation
    self.deadline = deadline
    location = try LocalRepositoryPath(source: path, subject: subject)
    guard let gitPath = ChildCommand.find(settings.gitExecutable, in: settings.environment) else {
      throw Self.gitMissing(subject, executable: settings.gitExecutable)
    }
    self.gitPath = gitPath
    brokenRefLines = BrokenRefLines(limit: settings.maximumBrokenRefs)
  }

  package func openAdvertisement() throws -> any ByteSource {
    precondition(child?.isEnded ?? true, "a child advertises once")
    try cancellation.check()
    var environment = GitProgram.environment(from: settings.environment)
    if settings.asksForVersion2 { environment["GIT_PROTOCOL"] = "version=2" }
    let command = ChildCommand(
      path: gitPath, arguments: ["upload-pack", "--", location.path], environment: environment,
      encoding: PathText.bytes)
    do throws(ChildFailure) {
      child = try Child(
        command,
        limits: WaitLimits(silence: settings.silenceTimeout, deadline: deadline, cancellation: cancellation),
        onErrorOutput: { [brokenRefLines] in brokenRefLines.append($0) })
    } catch {
      throw failure(error)
    }
    return Output(self)
  }

  package func send(_ request: [UInt8]) throws -> any ByteSource {
    guard let child, !child.isEnded else {
      preconditionFailure("a request needs a child that was started and not ended")
    }
    do {
      try request.withUnsafeBytes { try child.write($0) }
    } catch {
      throw failure(error)
    }
    return Output(self)
  }

  package func noteVersion2() {}

  package func brokenRefs(leftOutOf listing: RefListing) throws -> [BrokenRef] {
    // The child writes its errors before the flush that ends the listing, and that was read: they are here.
    _ = child?.errorText
    guard !brokenRefLines.isIncomplete else {
      throw TransportError(
        .limitExceeded, operation: "list refs of", subject: subject,
        cause: "more than \(settings.maximumBrokenRefs) refs of the source are broken")
    }
    return brokenRefLines.broken.filter { listing.index(of: $0.name) == nil }
  }

  package var diagnostics: String { child?.errorText.description ?? "" }

  package func finish() { child?.finish() }

  package func abort() { child?.abort() }

  /// Reads from the child. An end after which the child reports failure is that failure, and not an end.
  fileprivate func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard let child, !child.isEnded else { return 0 }
    do {
      let count = try child.read(into: buffer)
      guard count == 0 else { return count }
    } catch {
      throw failure(error)
    }
    let ending = try child.ending()
    if let failure = failure(ending, child.errorText) { throw failure }
    return 0
  }

  /// The child's output.
  private final class Output: ByteSource {
    private let owner: LocalUploadPack

    init(_ owner: LocalUploadPack) { self.owner = owner }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { try owner.read(into: buffer) }
  }
}

/// Finds the names of broken refs in what a `git upload-pack` writes on its standard error.
final class BrokenRefLines {
  /// The longest line that is parsed, in bytes: the longest ref name, and the text around it.
  private static let lineLimit = 8 * 1024
  private(set) var broken: [BrokenRef] = []
  /// True when there were more than `limit`.
  private(set) var isIncomplete = false
  private let limit: Int
  private var line: [UInt8] = []

  /// - Parameter limit: how many names are kept.
  init(limit: Int) { self.limit = limit }

  /// Takes the next bytes.
  func append(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        takeLine()
      } else if line.count < Self.lineLimit {
        line.append(byte)
      }
    }
  }

  /// `error: refs/heads/x does not point to a valid object!` (refs.c, `ref_resolves_to_object`). git before 2.34 leaves
  /// such a ref out of the listing, and without this line it would look deleted.
  private func takeLine() {
    defer { line.removeAll(keepingCapacity: true) }
    let beginning = Array("error: ".utf8)
    let end = Array(" does not point to a valid object!".utf8)
    guard line.starts(with: beginning), line.count > beginning.count + end.count,
      line.suffix(end.count).elementsEqual(end)
    else { return }
    let name = ReferenceName(bytes: Array(line[beginning.count..<(line.count - end.count)]))
    // HEAD is not in the listing of refs; its target is named on a line of its own.
    guard name.bytes.starts(with: ReferenceName.refsPrefix) else { return }
    guard broken.count < limit else {
      isIncomplete = true
      return
    }
    broken.append(BrokenRef(name: name, reason: "does not point to a valid object"))
  }
}
