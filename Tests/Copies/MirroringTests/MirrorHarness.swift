import Foundation
import GitTransport
import Mirroring
import RefStore
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WorkerPool

/// A source, the way to it, and a copy: `mirror` makes one run, `expectExact` lets git judge it.
///
/// The runs are real ones in this process; only their pauses return at once, and their clock is the test's.
final class MirrorHarness: Sendable {
  let transport: SourceTransport
  let directory: TemporaryDirectory
  /// Where the source is made.
  let sourcePath: String
  /// Where the copy goes; alone in its directory.
  let copyPath: String
  let transports: Transports
  private let server: (any RepositoryServer)?
  private let seconds = Mutex(1_800_000_000)

  private init(_ transport: SourceTransport, _ configuration: TransportConfiguration) throws {
    self.transport = transport
    directory = try TemporaryDirectory("mirror")
    let root = (directory.path as NSString).deletingLastPathComponent
    server = try SharedServers.server(for: transport, root: root)
    sourcePath = directory.path("source.git")
    copyPath = directory.path("copies/copy.git")
    try FileManager.default.createDirectory(atPath: directory.path("copies"), withIntermediateDirectories: true)
    var configuration = configuration
    server?.configure(&configuration)
    if transport == .pathWithoutGit { configuration.gitExecutable = "git-that-nobody-installed" }
    transports = Transports(configuration: configuration)
  }

  /// Gives `body` a fresh harness, on a thread that may be blocked, and ends all connections afterwards.
  static func run(
    _ transport: SourceTransport = .path,
    configuration: TransportConfiguration = TransportConfiguration(environment: ChildProcess.isolatedEnvironment()),
    _ body: @Sendable (MirrorHarness) throws -> Void
  ) async throws {
    let harness = try MirrorHarness(transport, configuration)
    do {
      try await OwnThreadExecutor.run { try body(harness) }
    } catch {
      await harness.transports.shutdown()
      throw error
    }
    await harness.transports.shutdown()
  }

  /// Returns the address of a repository below the test's directory, by this harness's transport.
  func url(of path: String) -> String {
    guard let server else { return path }
    let name = (directory.path as NSString).lastPathComponent
    return server.url(name + path.dropFirst(directory.path.count))
  }

  /// Returns the real git, with access by this harness's transport.
  func git(in directory: String? = nil) -> GitCommand {
    GitCommand(in: directory, environment: server?.gitEnvironment() ?? [:])
  }

  /// Builds the source.
  func source(_ build: (inout RepositoryBuilder) throws -> Void) throws -> TestRepository {
    var builder = RepositoryBuilder()
    try build(&builder)
    return try builder.build(at: sourcePath)
  }

  var copy: GitCommand { GitCommand(in: copyPath) }
  var layout: CopyLayout { CopyLayout(root: FilePath(copyPath)) }

  /// Returns what a run of this harness sees of the world; every run is a minute after the one before.
  func environment() -> MirrorEnvironment {
    let now = seconds.withLock { seconds in
      seconds += 60
      return Date(timeIntervalSince1970: TimeInterval(seconds))
    }
    return MirrorEnvironment(
      transports: transports, now: { now }, pause: { _, cancellation in try cancellation.check() })
  }

  func request(source: String? = nil, to destination: String? = nil) throws -> MirrorRequest {
    MirrorRequest(source: try SourceURL(source ?? url(of: sourcePath)), destination: FilePath(destination ?? copyPath))
  }

  /// Makes one run, however it ends.
  ///
  /// - Parameters:
  ///   - exclusion: as `--exclude-ref`; `nil` when none is given.
  ///   - source: nil for this harness's own.
  @discardableResult
  func attempt(
    excluding exclusion: [String]? = nil, adopts: Bool = false, isDryRun: Bool = false, source: String? = nil,
    to destination: String? = nil, environment: MirrorEnvironment? = nil
  ) throws -> MirrorOutcome {
    var request = try request(source: source, to: destination)
    request.exclusion = exclusion.map { RefExclusion($0) }
    request.adopts = adopts
    request.isDryRun = isDryRun
    return MirrorRun(request, environment: environment ?? self.environment(), cancellation: CancellationFlag())
      .execute()
  }

  /// Makes one run that must succeed.
  @discardableResult
  func mirror(
    excluding exclusion: [String]? = nil, adopts: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> MirrorOutcome {
    let outcome = try attempt(excluding: exclusion, adopts: adopts)
    try #require(outcome.error == nil, "\(outcome.error.map { "\($0)" } ?? "")", sourceLocation: sourceLocation)
    return outcome
  }
}
