import AgentAPI
import Foundation
import TestSupport
import Testing

/// A secondary alone, beside hosts without an agent: git's http-backend behind nginx.
@Suite(.serialized) struct HostWithoutAgentTests {
  private static let ids = (0..<20).map { "group/\($0)" }

  private static func prepare(_ lone: LoneSecondary) throws {
    for id in ids {
      var builder = RepositoryBuilder()
      builder.ref("refs/heads/main", at: builder.commit(["a": "of \(id)"]))
      _ = try builder.build(at: lone.source(id))
    }
  }

  private static func writeList(_ ids: [String], _ lone: LoneSecondary, more: String = "") throws {
    let lines = ids.map { "\($0) \(lone.host.url("\($0).git"))\n" }.joined()
    try lone.directory.write("# what we follow\n" + lines + more, to: "list")
  }

  private static func push(to id: String, _ lone: LoneSecondary, _ text: String) throws {
    let source = TestRepository(existing: lone.source(id))
    try source.change { $0.ref("refs/heads/\(text)", at: $0.commit(["b": "\(text)"])) }
  }

  @Test func `a list is mirrored, followed by polls, and its lines come and go`() async throws {
    try await LoneSecondary.run(
      kind: "list: \"HERE/list\"",
      prepare: { lone in
        try Self.prepare(lone)
        try Self.writeList(Array(Self.ids.dropLast()), lone)
      }
    ) { lone, agent in
      try await lone.untilVerified(Array(Self.ids.dropLast()))
      // No hook announces this push: a poll finds it.
      try Self.push(to: "group/3", lone, "found")
      try await lone.until("the push arrives") { lone.isEqual("group/3") }
      try await lone.untilVerified(Array(Self.ids.dropLast()))
      #expect(try await lone.metric("remora_polls_total{kind=\"project_repository\",result=\"changed\"") >= 1)
      // A line more, and one that makes no sense: the new one comes, and nothing may go.
      try Self.writeList(Array(Self.ids.dropFirst()), lone, more: "nonsense\n")
      try await lone.until("the new line arrives") { lone.isEqual("group/19") }
      try await lone.until("the senseless line is told") {
        try await lone.status().problems.contains { $0.contains("nothing is removed") && $0.contains("line 21") }
      }
      #expect(access(lone.copy("group/0"), F_OK) == 0)
      // And now it may: to the trash.
      try Self.writeList(Array(Self.ids.dropFirst()), lone)
      try await lone.until("the copy of the line that is gone goes") { access(lone.copy("group/0"), F_OK) != 0 }
      try await lone.untilVerified(Array(Self.ids.dropFirst()))
      try await lone.until("nothing needs a person") { try await lone.status().problems == [] }
      // An empty list is one that went wrong, and one that is not there as well.
      try lone.directory.write("", to: "list")
      try await Task.sleep(for: .seconds(3))
      try FileManager.default.removeItem(atPath: lone.directory.path("list"))
      try await lone.until("the missing list is told") {
        try await lone.status().problems.contains { $0.contains("cannot be read") }
      }
      try await Task.sleep(for: .seconds(3))
      #expect(Self.ids.dropFirst().allSatisfy { access(lone.copy($0), F_OK) == 0 })
      try Self.writeList(Array(Self.ids.dropFirst()), lone)
      try await lone.until("the list is there again") { try await lone.status().problems == [] }
      return agent
    }
  }

  @Test func `what is told of is followed at once, and across a restart nothing is lost`() async throws {
    try await LoneSecondary.run(
      kind: "manifest: \"HOST/manifest.js\"\nclone_url: \"HOST/{id}.git\"",
      settings: "poll: { min_interval: 1h, max_interval: 6h }",
      prepare: { lone in
        try Self.prepare(lone)
        try Self.writeManifest(Self.ids, lone)
      }
    ) { lone, agent in
      try await lone.untilVerified(Self.ids)
      try Self.push(to: "group/7", lone, "told")
      let told = try await BuiltProgram.remora(
        ["event", "push", "project_repository", "group/7"], environment: ["REMORA_CONFIG": lone.configuration]
      ).outcome()
      #expect(told.isSuccess, "\(told.errorText)")
      try await lone.until("the push arrives") { lone.isEqual("group/7") }
      agent.kill()
      _ = try await agent.outcome()
      // While the agent is stopped.
      try Self.push(to: "group/8", lone, "missed")
      let second = try lone.start()
      try await lone.until("what was missed arrives") { lone.isEqual("group/8") }
      try await lone.untilVerified(Self.ids)
      return second
    }
  }

  @Test func `a manifest's fingerprints tell of changes, of the emptied and of the removed its host does`() async throws
  {
    try await LoneSecondary.run(
      kind: "manifest: \"HERE/sources/manifest.js\"\nclone_url: \"HOST/{id}.git\"",
      settings: "poll: { min_interval: 30m, max_interval: 6h }",
      prepare: { lone in
        try Self.prepare(lone)
        try Self.writeManifest(Self.ids, lone)
      }
    ) { lone, agent in
      try await lone.untilVerified(Self.ids)
      try Self.push(to: "group/3", lone, "found")
      let emptied = TestRepository(existing: lone.source("group/4"))
      try emptied.change { $0.deleteRef("refs/heads/main") }
      try FileManager.default.removeItem(atPath: lone.source("group/5"))
      try Self.writeManifest(Self.ids.filter { $0 != "group/5" }, lone)
      try await lone.until("the push arrives") { lone.isEqual("group/3") }
      try await lone.until("the removed one goes") { access(lone.copy("group/5"), F_OK) != 0 }
      try await lone.until("the emptied one is empty") {
        try lone.isEqual("group/4") && GitCommand().refs(lone.copy("group/4")).isEmpty
      }
      try await lone.untilVerified(Self.ids.filter { $0 != "group/5" })
      return agent
    }
  }

  /// As grokmirror writes one: repositories without refs are left out.
  private static func writeManifest(_ ids: [String], _ lone: LoneSecondary) throws {
    var rows: [String: [String: String]] = [:]
    for id in ids {
      let refs = try GitCommand().refs(lone.source(id))
      guard !refs.isEmpty else { continue }
      rows["/\(id).git"] = [
        "fingerprint": refs.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(),
        "head": "ref: refs/heads/main",
      ]
    }
    let path = lone.directory.path("sources/manifest.js")
    try JSONSerialization.data(withJSONObject: rows).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}
