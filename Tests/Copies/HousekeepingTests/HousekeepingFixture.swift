import DurableFiles
import Foundation
import GitTransport
import GitValues
import Mirroring
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WorkerPool

@testable import Housekeeping

/// A source, a copy that is kept equal by real runs, and housekeepings of it, under one clock of the test's.
final class HousekeepingFixture: Sendable {
  let directory: TemporaryDirectory
  let source: TestRepository
  let copyPath: String
  private let transports: Transports
  private let clock = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

  /// - Parameters:
  ///   - build: the source; by default a branch with a commit.
  ///   - place: where the copy goes; in the test's own directory by default.
  init(at place: String? = nil, _ build: ((inout RepositoryBuilder) throws -> Void)? = nil) throws {
    directory = try TemporaryDirectory("housekeeping")
    var builder = RepositoryBuilder()
    if let build {
      try build(&builder)
    } else {
      builder.branch("main", at: builder.commit(["base": .random(4_000, seed: 1)]))
    }
    source = try builder.build(at: directory.path("source.git"))
    copyPath = place ?? directory.path("copies/copy.git")
    transports = Transports(configuration: TransportConfiguration(environment: ChildProcess.isolatedEnvironment()))
    try mirror()
  }

  var layout: CopyLayout { CopyLayout(root: FilePath(copyPath)) }
  var copy: GitCommand { GitCommand(in: copyPath) }

  var now: Date { clock.withLock { $0 } }

  /// Lets time pass, or turns the clock back.
  func pass(_ seconds: Double) { clock.withLock { $0 += seconds } }
  func passDays(_ days: Double) { pass(days * 24 * 3600) }

  /// Makes one run that must succeed.
  @discardableResult
  func mirror() throws -> MirrorOutcome {
    let outcome = try attemptMirror().outcome
    if let error = outcome.error { throw TestSupportError("mirror: \(error.code.rawValue): \(error)") }
    return outcome
  }

  func attemptMirror() throws -> (request: MirrorRequest, outcome: MirrorOutcome) {
    let now = self.now
    let environment = MirrorEnvironment(
      transports: transports, now: { now }, pause: { _, flag in try flag.check() })
    var request = MirrorRequest(source: try SourceURL(source.path), destination: FilePath(copyPath))
    request.limits.freeBytesToKeep = 0
    return (request, MirrorRun(request, environment: environment, cancellation: CancellationFlag()).execute())
  }

  /// Commits to a branch of the source and copies it: one pack more. A minute passes.
  func update(_ number: Int, branch: String = "main") throws {
    try commit(number, branch: branch)
    try mirror()
    pass(60)
  }

  /// Commits to a branch of the source.
  func commit(_ number: Int, branch: String = "main") throws {
    try source.change { builder in
      let parent = try? source.oid("refs/heads/\(branch)")
      builder.branch(
        branch,
        at: builder.commit(
          ["file\(number % 7)": .random(600, seed: UInt64(number + 100))], parents: parent.map { [.oid($0)] } ?? []))
    }
  }

  /// Makes so many updates.
  func update(times: Int, from first: Int = 0) throws {
    for number in first..<(first + times) { try update(number) }
  }

  func environment(
    files: any FileSystemPort = RealFileSystem(), variables: [String: String] = ChildProcess.isolatedEnvironment()
  ) -> HousekeepingEnvironment {
    HousekeepingEnvironment(files: files, now: { [self] in now }, variables: variables)
  }

  /// Runs one housekeeping, however it ends.
  func attempt(
    _ change: (inout HousekeepingSettings) -> Void = { _ in }, environment: HousekeepingEnvironment? = nil,
    cancellation: CancellationFlag = CancellationFlag(),
    report: @escaping @Sendable (HousekeepingPhase) -> Void = { _ in }
  ) -> HousekeepingOutcome {
    var settings = HousekeepingSettings()
    change(&settings)
    return CopyHousekeeping(
      FilePath(copyPath), settings: settings, environment: environment ?? self.environment(),
      cancellation: cancellation, report: report
    ).execute()
  }

  /// Runs one housekeeping that must succeed.
  @discardableResult
  func housekeep(
    _ change: (inout HousekeepingSettings) -> Void = { _ in }, environment: HousekeepingEnvironment? = nil
  ) throws -> HousekeepingOutcome {
    let outcome = attempt(change, environment: environment)
    if let error = outcome.error { throw TestSupportError("housekeep: \(error.code.rawValue): \(error)") }
    return outcome
  }

  /// Returns the packs of the copy, replaced ones too.
  func packs() throws -> Set<String> {
    Set(try PackInventory(layout, through: RealFileSystem()).packs.map(\.name))
  }

  func record() throws -> ReplacedPacks { try ReplacedPacks.load(layout, through: RealFileSystem()) }

  /// Requires that git finds nothing wrong, that all refs are those of the source, and that nothing temporary is left.
  func requireSound(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try GitCommand().fsck(copyPath) == [], sourceLocation: sourceLocation)
    #expect(try GitCommand().view(copyPath) == source.view(), sourceLocation: sourceLocation)
    let left = try TemporaryDirectory.files(below: copyPath).filter { name in
      name.contains("staging") || name.contains("tmp") || name.hasSuffix(".lock") || name.contains("git2")
    }
    #expect(left == [], sourceLocation: sourceLocation)
  }

  /// Returns whether the copy has the object.
  func has(_ oid: String) throws -> Bool { try copy.attempt(["cat-file", "-e", oid]).isSuccess }
}
