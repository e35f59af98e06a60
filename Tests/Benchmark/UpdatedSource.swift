import DurableFiles
import Foundation
import GitTransport
import GitValues
import Mirroring
import SystemPackage
import TestSupport
import WorkerPool

/// A source of which every commit is there from the beginning: an update is one file written.
struct UpdatedSource {
  let path: String
  private let commits: [String]

  /// Commits before the first update: what an update costs grows with the history that is offered as haves, and that is to be the
  /// same for the first and the last.
  private static let base = 3_000

  /// - Parameter count: updates that there may be.
  init(_ arena: Arena, named name: String, updates count: Int) throws {
    var builder = RepositoryBuilder()
    let made = builder.commits(Self.base + count + 1)
    builder.branch("main", at: made[Self.base + count])
    builder.refStorage = .loose
    path = arena.scratch.path("sources/\(name)")
    let repository = try builder.build(at: path)
    commits = made.dropFirst(Self.base).map { repository.oid($0).hex }
    try show(0)
  }

  func show(_ number: Int) throws {
    try RealFileSystem().replaceFile(
      FilePath(path).pushing("refs/heads/main"), with: Array("\(commits[number])\n".utf8),
      permissions: FilePermissions(rawValue: 0o644))
  }

  /// Makes one run in this process, at a time of our choice.
  func mirror(
    into copy: String, at now: Date, by transports: Transports, through files: any FileSystemPort = RealFileSystem()
  ) throws -> (request: MirrorRequest, outcome: MirrorOutcome) {
    let request = MirrorRequest(source: try SourceURL(path), destination: FilePath(copy))
    let environment = MirrorEnvironment(files: files, transports: transports, now: { now })
    let outcome = MirrorRun(request, environment: environment, cancellation: CancellationFlag()).execute()
    if let error = outcome.error { throw error }
    return (request, outcome)
  }
}
