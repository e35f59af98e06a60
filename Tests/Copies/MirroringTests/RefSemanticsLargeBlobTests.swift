import Foundation
import GitTransport
import Mirroring
import SystemPackage
import TestSupport
import Testing
import WorkerPool

@Suite("A large blob") struct RefSemanticsLargeBlobTests {
  private static let blobBytes = 200 << 20
  /// What a run may need beyond what its process had before: pipes, buffers of the connection, the state of an inflater.
  private static let allowedBytes = 32 << 20

  @Test("200 MB pass through a small process", arguments: [SourceTransport.path, .httpVersion2])
  func memory(transport: SourceTransport) async throws {
    let directory = try TemporaryDirectory("large")
    let root = (directory.path as NSString).deletingLastPathComponent
    let server = try SharedServers.server(for: transport, root: root)
    let path = directory.path("source.git")
    try await OwnThreadExecutor.run { try Self.build(at: path) }
    let url = server?.url((directory.path as NSString).lastPathComponent + "/source.git") ?? path
    let copy = directory.path("copy.git")
    // In a process of its own, so that no other test counts in its memory.
    await #expect(processExitsWith: .success) { [url = url as String, copy = copy as String] in
      try await Self.mirror(url, to: copy)
    }
    try await OwnThreadExecutor.run { try Self.judge(copy, against: path) }
    withExtendedLifetime((directory, server)) {}
  }

  private static func build(at path: String) throws {
    var builder = RepositoryBuilder()
    builder.branch("main", at: builder.commit(["small": "file"]))
    let source = try builder.build(at: path)
    // Stored, not compressed: the test is about memory, not about zlib.
    try source.git.run("config", "core.compression", "0")
    try source.git.run("config", "core.bigFileThreshold", "1m")
    let large = "\(path)/large"
    #expect(FileManager.default.createFile(atPath: large, contents: nil))
    #expect(truncate(large, blobBytes) == 0)
    let oid = try source.git.run("hash-object", "-w", "--no-filters", large).text
    try FileManager.default.removeItem(atPath: large)
    try source.git.run("update-ref", "refs/blobs/large", oid)
    try source.git.run("repack", "-adq")
  }

  private static func judge(_ copy: String, against source: String) throws {
    let git = GitCommand()
    #expect(try git.lsRemote(copy) == git.lsRemote(source))
    #expect(try GitCommand(in: copy).run("cat-file", "-s", "refs/blobs/large").text == "\(blobBytes)")
    #expect(try git.fsck(copy) == [])
  }

  private static func mirror(_ url: String, to copy: String) async throws {
    let environment = ChildProcess.isolatedEnvironment()
    let transports = Transports(configuration: TransportConfiguration(environment: environment))
    let before = try privateBytes()
    try await OwnThreadExecutor.run {
      let request = MirrorRequest(source: try SourceURL(url), destination: FilePath(copy))
      var readings: [Int] = []
      let run = MirrorRun(
        request, environment: MirrorEnvironment(transports: transports), cancellation: CancellationFlag()
      ) { _ in
        readings.append((try? privateBytes()) ?? .max)  // a reading that failed fails the test
      }
      let outcome = run.execute()
      #expect(outcome.error == nil)
      #expect(outcome.bytes > blobBytes)
      #expect(readings.count > 100)
      #expect(try #require(readings.max()) - before < allowedBytes)
    }
    await transports.shutdown()
  }

  /// Resident memory of this process that is no file's. Pages of the pack, which libgit2 maps to sum up an object's bytes, are
  /// not counted: they are clean and the kernel's to take back.
  private static func privateBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let kilobytes = try #require(status.firstMatch(of: /RssAnon:\s+(\d+) kB/)?.1)
    return try #require(Int(kilobytes)) * 1024
  }
}
