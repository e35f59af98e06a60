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
  private static let old = BlobGround.content(1_000, seed: 1)
  private static let new = BlobGround.content(2 << 20, seed: 2)

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
    let ground = try Self.root(kind)
    try await kill(kind, url, into: ground, at: moment)
    let found = try ground.bytes("dir/file")
    #expect(found == Self.new || found == (kind == "a replacement" ? Self.old : nil))
    let report = try await Self.sync(url, into: ground.root, RealFileSystem())
    #expect(try ground.bytes("dir/file") == Self.new)
    #expect(try ground.names() == ["dir", "dir/file"], "nothing is left")
    return report.hasChanged && report.bytes < Self.new.count
  }

  /// Kills a run at a moment; at an earlier one where the run has fewer of them than the one in which they were
  /// counted: in how many pieces a file comes is the machine's affair.
  private func kill(_ kind: String, _ url: String, into ground: BlobGround, at moment: Int) async throws {
    let (root, ended) = (ground.root.string, Self.endedAlive)
    for moment in (1...moment).reversed() {
      let result = await #expect(processExitsWith: .failure) {
        [url = url as String, root = root as String, moment = moment as Int, ended = ended as CInt] in
        _ = try await Self.sync(url, into: FilePath(root), HookedFiles.killing(at: moment))
        exit(ended)
      }
      let status = try #require(result).exitStatus
      if status == .signal(SIGKILL) { return }
      #expect(status == .exitCode(ended))
      try RealFileSystem().removeTree(ground.root)
      try RealFileSystem().makeDirectory(ground.root, permissions: FilePermissions(rawValue: 0o755))
      if kind == "a replacement" { try ground.put(Self.old, at: "dir/file") }
    }
    throw TestSupportError("no run has a moment")
  }

  private static func root(_ kind: String) throws -> BlobGround {
    let ground = try BlobGround()
    if kind == "a replacement" { try ground.put(old, at: "dir/file") }
    return ground
  }

  private static func sync(
    _ url: String, into root: FilePath, _ files: any FileSystemPort
  ) async throws -> SyncReport {
    let strategy = BlobGround.strategy(root, files: files)
    return try await strategy.sync(
      SyncRequest(
        id: ReplicableID("dir/file"), source: SourceAddress(location: url), expected: BlobGround.checksum(new)))
  }
}
