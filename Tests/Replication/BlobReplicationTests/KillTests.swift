import BlobReplication
import DurableFiles
import Foundation
import Replication
import SystemPackage
import TestSupport
import Testing

/// Real processes, ended by SIGKILL before, in and after every change of the file system, while a file comes over HTTP.
@Suite("Syncs of files that are killed", .timeLimit(.minutes(20)))
struct KillTests {
  private static let kills = 50
  /// The output of a run that came to its end alive.
  private static let endedAlive: CInt = 70
  private static let old = BlobFixture.content(1_000, seed: 1)
  private static let new = BlobFixture.content(2 << 20, seed: 2)

  @Test(
    "leave the old file or the new one, and the next sync goes on", arguments: ["a first download", "a replacement"])
  func survives(_ kind: String) async throws {
    let answers = RangeAnswers(content: Self.new)
    let server = try ScriptedHTTPServer(answers.answer)
    let url = server.url("/f")
    let counting = HookedFiles()
    let counted = try Self.root(kind)
    _ = try await Self.sync(url, into: counted.root, counting)
    #expect(try counted.bytes("dir/file") == Self.new)
    let moments = counting.count
    // Two at a time: each is a process that starts, dies, and leaves something to look at.
    let resumed = try await withThrowingTaskGroup(of: Int.self) { group in
      for worker in 0..<2 {
        group.addTask {
          var resumed = 0
          for number in stride(from: worker, to: Self.kills, by: 2) {
            if try await killAndHeal(kind, url, at: 1 + number * moments / Self.kills) { resumed += 1 }
          }
          return resumed
        }
      }
      return try await group.reduce(0, +)
    }
    print("killed \(Self.kills) times in \(moments) moments of \(kind): \(resumed) went on with what was there")
    #expect(resumed > 0)
  }

  /// - Returns: whether the next sync needed less than everything.
  private func killAndHeal(_ kind: String, _ url: String, at moment: Int) async throws -> Bool {
    let fixture = try Self.root(kind)
    try await kill(kind, url, into: fixture, at: moment)
    let found = try fixture.bytes("dir/file")
    #expect(found == Self.new || found == (kind == "a replacement" ? Self.old : nil))
    let report = try await Self.sync(url, into: fixture.root, RealFileSystem())
    #expect(try fixture.bytes("dir/file") == Self.new)
    #expect(try fixture.names() == ["dir", "dir/file"], "nothing is left")
    return report.hasChanged && report.bytes < Self.new.count
  }

  /// Kills a run at a moment; at an earlier one where the run has fewer of them than the one in which they were
  /// counted: in how many pieces a file comes is the machine's affair.
  private func kill(_ kind: String, _ url: String, into fixture: BlobFixture, at moment: Int) async throws {
    let (root, ended) = (fixture.root.string, Self.endedAlive)
    for moment in (1...moment).reversed() {
      let result = await #expect(processExitsWith: .failure) {
        [url = url as String, root = root as String, moment = moment as Int, ended = ended as CInt] in
        _ = try await Self.sync(url, into: FilePath(root), HookedFiles.killing(at: moment))
        exit(ended)
      }
      let status = try #require(result).exitStatus
      if status == .signal(SIGKILL) { return }
      #expect(status == .exitCode(ended))
      try RealFileSystem().removeTree(fixture.root)
      try RealFileSystem().makeDirectory(fixture.root, permissions: FilePermissions(rawValue: 0o755))
      if kind == "a replacement" { try fixture.put(Self.old, at: "dir/file") }
    }
    throw TestSupportError("no run has a moment")
  }

  private static func root(_ kind: String) throws -> BlobFixture {
    let fixture = try BlobFixture()
    if kind == "a replacement" { try fixture.put(old, at: "dir/file") }
    return fixture
  }

  private static func sync(
    _ url: String, into root: FilePath, _ files: any FileSystemPort
  ) async throws -> SyncReport {
    let strategy = BlobFixture.strategy(root, files: files)
    return try await strategy.sync(
      SyncRequest(
        id: ReplicableID("dir/file"), source: SourceAddress(location: url), expected: BlobFixture.checksum(new)))
  }
}
