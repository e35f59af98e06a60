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
  /// 50 with `REMORA_LONG_TESTS=1`.
  private static let kills = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1" ? 50 : 8
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
    try await Self.sync(url, into: counted.root, counting)
    #expect(try counted.bytes("dir/file") == Self.new)
    let moments = counting.count
    var resumed = 0
    for kill in 0..<Self.kills {
      let ground = try Self.root(kind)
      let moment = 1 + kill * moments / Self.kills
      let root = ground.root.string
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [url = url as String, root = root as String, moment = moment as Int] in
        try await Self.sync(url, into: FilePath(root), HookedFiles.killing(at: moment))
      }
      let found = try ground.bytes("dir/file")
      #expect(found == Self.new || found == (kind == "a replacement" ? Self.old : nil))
      let asked = server.requests.count
      try await Self.sync(url, into: ground.root, RealFileSystem())
      if server.requests.dropFirst(asked).contains(where: { $0.headers["range"] != nil }) { resumed += 1 }
      #expect(try ground.bytes("dir/file") == Self.new)
      #expect(try ground.names() == ["dir", "dir/file"], "nothing is left")
    }
    print("killed \(Self.kills) times in \(moments) moments of \(kind): \(resumed) went on with a range")
    #expect(resumed > 0)
  }

  private static func root(_ kind: String) throws -> BlobGround {
    let ground = try BlobGround()
    if kind == "a replacement" { try ground.put(old, at: "dir/file") }
    return ground
  }

  private static func sync(_ url: String, into root: FilePath, _ files: any FileSystemPort) async throws {
    let strategy = BlobGround.strategy(root, files: files)
    _ = try await strategy.sync(
      SyncRequest(
        id: ReplicableID("dir/file"), source: SourceAddress(location: url), expected: BlobGround.checksum(new)))
  }
}
