import DurableFiles
import GitTransport
import GitValues
import Mirroring
import SystemPackage
import TestSupport
import WorkerPool

/// A source whose 1,000 refs move together, one commit a generation, and a copy of it that others read meanwhile.
///
/// The oid of a ref identifies its generation, and so does the branch that HEAD names.
struct ReaderFixture: Sendable {
  static let refCount = 1_000
  let copy: FilePath
  private let source: TestRepository
  /// Commits by generation.
  let generations: [String]
  /// What strays point at.
  let stray: String
  private let transports = Transports(configuration: TransportConfiguration())

  init(in directory: TemporaryDirectory, generations count: Int) throws {
    var builder = RepositoryBuilder()
    let commits = builder.commits(count + 2)
    builder.branch("main", at: commits[0])
    let built = try builder.build(at: directory.path("source.git"))
    source = built
    let oids = commits.map { built.oid($0).hex }
    stray = oids[0]
    generations = Array(oids[1...])
    let path = directory.path("copy.git")
    copy = FilePath(path)
    try show(0)
    try GitCommand().run("clone", "-q", "--mirror", "--template=", source.path, path)
    try loosen()
  }

  static func name(_ index: Int) -> String {
    let digits = String(index)
    return "refs/heads/r" + String(repeating: "0", count: 4 - digits.count) + digits
  }

  /// Writes half of the clone's refs as loose ones, over packed ones with another value.
  private func loosen() throws {
    try write(to: copy) { index in index.isMultiple(of: 2) ? stray : generations[0] }
    let files = RealFileSystem()
    try files.makeDirectories(copy.appending("refs/heads"))
    for index in stride(from: 0, to: Self.refCount, by: 2) {
      let path = copy.pushing(FilePath(Self.name(index)))
      try files.replaceFile(path, with: Array("\(generations[0])\n".utf8), permissions: .init(rawValue: 0o644))
    }
  }

  /// Moves the source, all refs at once, then HEAD.
  func show(_ generation: Int) throws {
    try write(to: FilePath(source.path)) { _ in generations[generation] }
    try RealFileSystem().replaceFile(
      FilePath(source.path).appending("HEAD"), with: Array("ref: \(Self.name(generation))\n".utf8),
      permissions: .init(rawValue: 0o644))
  }

  private func write(to repository: FilePath, _ oid: (Int) -> String) throws {
    var text = "# pack-refs with: peeled fully-peeled sorted \n"
    for index in 0..<Self.refCount { text += "\(oid(index)) \(Self.name(index))\n" }
    try RealFileSystem().replaceFile(
      repository.appending("packed-refs"), with: Array(text.utf8), permissions: .init(rawValue: 0o644))
  }

  /// Makes one run, with the pauses that real readers need.
  func mirror() throws {
    let request = MirrorRequest(source: try SourceURL(source.path), destination: copy)
    let outcome = MirrorRun(
      request, environment: MirrorEnvironment(transports: transports), cancellation: CancellationFlag()
    ).execute()
    if let error = outcome.error { throw error }
  }

  /// Writes into the copy as another process does: one ref anew, one over a ref of the source.
  func writeStrays(_ number: Int) throws {
    let git = GitCommand(in: copy.string)
    try git.run("update-ref", "refs/stray/number\(number)", stray)
    try git.run("update-ref", Self.name(7), stray)
  }
}
