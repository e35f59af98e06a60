import DurableFiles
import Foundation
import GitTransport
import GitValues
import Mirroring
import Synchronization
import SystemPackage
import TestSupport
import WorkerPool

/// A source that can be switched between states, and runs that copy it. The states differ in `packed-refs` and `HEAD`
/// alone; the objects of all of them are there from the beginning, so switching costs two renames.
final class CrashFixture: Sendable {
  struct SourceState: Sendable {
    let packedRefs: String
    let head: String
  }

  private let directory: TemporaryDirectory
  let source: TestRepository
  let transports: Transports
  private let states = Mutex<[SourceState]>([])

  /// Builds the first state.
  init(_ build: (inout RepositoryBuilder) -> Void) throws {
    directory = try TemporaryDirectory("crash")
    var builder = RepositoryBuilder()
    build(&builder)
    source = try builder.build(at: directory.path("source.git"))
    transports = Transports(configuration: TransportConfiguration())
    try remember()
  }

  /// Adds a state, on top of the newest one.
  func addState(_ change: (inout RepositoryBuilder) throws -> Void) throws {
    try source.change(change)
    try source.git.run("pack-refs", "--all")
    try remember()
  }

  private func remember() throws {
    let state = SourceState(
      packedRefs: try String(contentsOfFile: "\(source.path)/packed-refs", encoding: .utf8),
      head: try String(contentsOfFile: "\(source.path)/HEAD", encoding: .utf8))
    states.withLock { $0.append(state) }
  }

  /// Makes the source what it was when state `number` had been built, and returns what a copy of it must be.
  @discardableResult
  func show(_ number: Int) throws -> CopySnapshot {
    let state = states.withLock { $0[number] }
    let files = RealFileSystem()
    let root = FilePath(source.path)
    let mode = FilePermissions(rawValue: 0o644)
    try files.replaceFile(root.appending("packed-refs"), with: Array(state.packedRefs.utf8), permissions: mode)
    try files.replaceFile(root.appending("HEAD"), with: Array(state.head.utf8), permissions: mode)
    return try CopySnapshot(of: root)
  }

  /// Points the source's HEAD elsewhere and leaves its refs.
  func showHead(_ name: String) throws -> CopySnapshot {
    try source.git.run("symbolic-ref", "HEAD", name)
    return try CopySnapshot(of: FilePath(source.path))
  }

  /// Makes one run into `copy`, on the calling thread, which it may block for long: not one of the cooperative pool.
  func mirror(
    into copy: FilePath, through files: any FileSystemPort = RealFileSystem(),
    passing: @escaping @Sendable (MirrorPhase) -> Void = { _ in }, report: @escaping (MirrorProgress) -> Void = { _ in }
  ) throws -> MirrorOutcome {
    try Self.mirror(source.path, into: copy, through: files, by: transports, passing: passing, report: report)
  }

  /// Does the same without a ground, for another process.
  static func mirror(
    _ source: String, into copy: FilePath, through files: any FileSystemPort,
    by transports: Transports = Transports(configuration: TransportConfiguration()),
    passing: @escaping @Sendable (MirrorPhase) -> Void = { _ in }, report: @escaping (MirrorProgress) -> Void = { _ in }
  ) throws -> MirrorOutcome {
    let environment = MirrorEnvironment(
      files: files, transports: transports, now: { Date(timeIntervalSince1970: 1_800_000_000) },
      pause: { _, flag in try flag.check() }, passing: passing)
    let request = MirrorRequest(source: try SourceURL(source), destination: copy)
    return MirrorRun(request, environment: environment, cancellation: CancellationFlag(), report: report).execute()
  }

  /// Makes a run that must end well and leave `copy` as the source is now.
  func bring(_ copy: FilePath, to expected: CopySnapshot) throws {
    let outcome = try mirror(into: copy)
    if let error = outcome.error { throw TestSupportError("the next run failed: \(error.code.rawValue): \(error)") }
    let made = try CopySnapshot(of: copy)
    guard made == expected else { throw TestSupportError("the next run left \(made), not \(expected)") }
    try CopySoundness.requireReachable(copy)
    try CopySoundness.requireTidy(copy)
  }
}
