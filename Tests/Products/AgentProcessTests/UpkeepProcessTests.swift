import AgentAPI
import Foundation
import TestSupport
import Testing

/// The upkeep that an agent does for its copies without a request.
@Suite(.serialized) struct UpkeepProcessTests {
  private static let project = "group/project"

  private func repository(at path: String) throws -> TestRepository {
    var builder = RepositoryBuilder()
    let first = builder.commit(["a": "one", "b": "many words"])
    builder.ref("refs/heads/main", at: first)
    builder.ref("refs/heads/side", at: builder.commit(["a": "two"], parents: [first]))
    return try builder.build(at: path)
  }

  private func packs(of copy: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(copy)/objects/pack").filter { $0.hasSuffix(".pack") }
      .sorted()
  }

  private func flipBit(in path: String) throws {
    guard chmod(path, 0o600) == 0 else { throw TestSupportError("chmod \(path): \(errno)") }
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    let middle = try file.seekToEnd() / 2
    try file.seek(toOffset: middle)
    let byte = try #require(try file.read(upToCount: 1)?.first)
    try file.seek(toOffset: middle)
    try file.write(contentsOf: Data([byte ^ 0x10]))
    try file.close()
  }

  @Test func `a flipped bit is found by the schedule and repaired without a hand, and history comes along`()
    async throws
  {
    try await withTemporaryDirectory("upkeep") { directory in
      var settings = AgentPairFixture.Settings()
      settings.secondary += "\ncheck: { interval: 10s }"
      let fixture = try AgentPairFixture(directory, settings: settings)
      let source = try repository(at: fixture.source(Self.project))
      let primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      let copy = fixture.copy(Self.project)
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 1)
        try await pair.until("it was checked") { try await pair.entry(Self.project)?.checkedAt != nil }
        #expect(try await pair.entry(Self.project)?.checkFailure == nil)
        // An object that only the history of the copy refers to.
        let rewritten = try source.oid("refs/heads/side")
        try source.change { $0.ref("refs/heads/side", at: $0.commit(["a": "rewritten"])) }
        try await fixture.push(Self.project)
        try await pair.until("the rewritten branch arrives") { try GitCommand().view(copy) == source.view() }
        try await pair.untilVerified(Self.project)
        // The pack of the last push: what the history needs lies in the first one.
        let first = try packs(of: copy)
        let dated = try first.map { name in
          let attributes = try FileManager.default.attributesOfItem(atPath: "\(copy)/objects/pack/\(name)")
          return (name: name, modified: try #require(attributes[.modificationDate] as? Date))
        }
        let young = try #require(dated.max { $0.modified < $1.modified }).name
        try flipBit(in: "\(copy)/objects/pack/\(young)")
        try await pair.until("the damage is found") {
          try await pair.status(of: \.secondary).lastFailures.contains { $0.message.contains("object check") }
        }
        try await pair.until("the copy is whole and says so") {
          guard let entry = try await pair.entry(Self.project) else { return false }
          return entry.checkFailure == nil && entry.checkRetryCount == 0 && entry.state == .synced
            && entry.verificationState == .succeeded
        }
        #expect(try GitCommand().view(copy) == source.view())
        #expect(try GitCommand().fsck(copy).isEmpty)
        #expect(try await GitCommand().run("--git-dir", copy, "cat-file", "-t", "\(rewritten)").lines == ["commit"])
        let damaged = try await pair.metric(
          "remora_object_check_seconds_count{kind=\"project_repository\",result=\"damaged\"}", of: \.secondary)
        #expect(damaged == 1)
        let status = try await pair.status(of: \.secondary)
        #expect(status.kinds.first?.damaged == 0 && status.kinds.first?.unchecked == 0)
        #expect(status.kinds.first?.oldestCheckAt != nil)
      }
      primary.send(signal: SIGTERM)
      secondary.send(signal: SIGTERM)
      let ends = (try await primary.outcome(), try await secondary.outcome())
      #expect(ends.0.isSuccess && ends.1.isSuccess)
      // Both are in the agent's log.
      #expect(ends.1.errorText.contains("object check failed, fetched anew"), "\(ends.1.errorText)")
    }
  }

  @Test func `the packs of a copy that is pushed to all the time are put together between the pushes`() async throws {
    try await withTemporaryDirectory("upkeep") { directory in
      let fixture = try AgentPairFixture(directory)
      let source = try repository(at: fixture.source(Self.project))
      let primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      let copy = fixture.copy(Self.project)
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 1)
        var highest = 0
        for number in 0..<70 {
          try source.change { $0.ref("refs/heads/main", at: $0.commit(["a": "push \(number)"])) }
          try await fixture.push(Self.project)
          try await pair.until("push \(number) arrives") { try GitCommand().view(copy) == source.view() }
          highest = max(highest, try packs(of: copy).count)
        }
        #expect(highest > 50, "there was nothing to put together")
        try await pair.until("packs were put together") {
          access("\(copy)/remora/replaced.json", F_OK) == 0
        }
        try await pair.until("what was rewritten is checked") {
          let entry = try await pair.entry(Self.project)
          return entry?.checkedAt != nil && entry?.checkFailure == nil
        }
        try await pair.untilSettled(count: 1)
        #expect(try GitCommand().fsck(copy).isEmpty)
        let done = try await pair.metric(
          "remora_housekeeping_seconds_count{kind=\"project_repository\",result=\"changed\"}", of: \.secondary)
        #expect(done >= 1)
      }
      primary.send(signal: SIGTERM)
      secondary.send(signal: SIGTERM)
      let ends = (try await primary.outcome(), try await secondary.outcome())
      #expect(ends.0.isSuccess && ends.1.isSuccess)
    }
  }
}
