import AgentAPI
import AgentClient
import Foundation
import TestSupport
import Testing

/// What is lost, restored from a backup, or not mounted: nothing is removed that should not be, and everything is found again.
@Suite(.serialized) struct LossTests {
  private static func fleet(_ count: Int, _ rig: AgentRig) throws -> [String] {
    let template = rig.directory.path("template.git")
    var builder = RepositoryBuilder()
    let first = builder.commit(["a": "one"])
    builder.ref("refs/heads/main", at: builder.commit(["a": "two"], parents: [first]))
    builder.ref("refs/heads/old", at: first)
    _ = try builder.build(at: template)
    let ids = (0..<count).map { "r\($0)" }
    for id in ids { try FileManager.default.copyItem(atPath: template, toPath: rig.source(id)) }
    return ids
  }

  private static func copies(_ rig: AgentRig) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: rig.directory.path("copies")).count { $0.hasSuffix(".git") }
  }

  private static func expectEqual(_ ids: [String], _ rig: AgentRig) throws {
    for id in ids {
      let views = (try GitCommand().view(rig.copy(id)), try GitCommand().view(rig.source(id)))
      #expect(views.0 == views.1, "\(id)")
    }
  }

  @Test(arguments: [(100, 95), (8, 8)])
  func `when most repositories are gone, their copies wait for a confirmation`(count: Int, gone: Int) async throws {
    try await withTemporaryDirectory("gone") { directory in
      let rig = try AgentRig(directory)
      let ids = try Self.fleet(count, rig)
      let agents = (try rig.startPrimary(), try rig.startSecondary())
      try await rig.asking { pair in
        try await pair.untilSettled(count: count)
        for id in ids.prefix(gone) { try FileManager.default.removeItem(atPath: rig.source(id)) }
        let isEmpty = gone == count
        try await pair.until("removals wait, or the listing is not believed") {
          let kind = try await pair.status(of: \.secondary).kinds.first { $0.name == RigQuestions.kind }
          return isEmpty ? kind?.isCatalogComplete == false : (kind?.removalsWaiting.count ?? 0) >= gone - 5
        }
        #expect(try Self.copies(rig) >= count - (isEmpty ? 0 : 5))
        let status = try await rig.remora(["status"], at: rig.secondaryConfiguration)
        #expect(status.status == 1)
        #expect(status.text.contains(isEmpty ? "is not complete" : "wait for a confirmation"))
        guard !isEmpty else { return }
        _ = try await rig.remora(
          ["registry", "confirm-removals", "--kind", RigQuestions.kind], at: rig.secondaryConfiguration)
        try await pair.untilSettled(count: count - gone)
      }
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `a root that is not mounted removes nothing, and comes back`() async throws {
    try await withTemporaryDirectory("unmounted") { directory in
      let rig = try AgentRig(directory)
      let ids = try Self.fleet(10, rig)
      let agents = (try rig.startPrimary(), try rig.startSecondary())
      try await rig.asking { pair in
        try await pair.untilSettled(count: 10)
        try FileManager.default.moveItem(atPath: directory.path("sources"), toPath: directory.path("elsewhere"))
        try FileManager.default.createDirectory(
          atPath: directory.path("sources"), withIntermediateDirectories: false)
        try await pair.until("the listing is not believed") {
          try await pair.status(of: \.secondary).kinds.first { $0.name == RigQuestions.kind }?.isCatalogComplete
            == false
        }
        // An operator's event for a repository that cannot be seen destroys nothing.
        _ = try await rig.remora(
          ["event", "destroy", RigQuestions.kind, ids[0]], at: rig.primaryConfiguration)
        try await pair.until("two more passes") {
          try await pair.status(of: \.primary).lastEventId == pair.status(of: \.secondary).lastEventId
        }
        #expect(try Self.copies(rig) == 10)
        try FileManager.default.removeItem(atPath: directory.path("sources"))
        try FileManager.default.moveItem(atPath: directory.path("elsewhere"), toPath: directory.path("sources"))
        try await pair.untilSettled(count: 10)
        try Self.expectEqual(ids, rig)
      }
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `a lost registry is rebuilt without downloading what is there`() async throws {
    try await withTemporaryDirectory("registry") { directory in
      let rig = try AgentRig(directory)
      let ids = try Self.fleet(10, rig)
      let primary = try rig.startPrimary()
      let secondary = try rig.startSecondary()
      try await rig.asking { try await $0.untilSettled(count: 10) }
      secondary.send(signal: SIGTERM)
      #expect(try await secondary.outcome().isSuccess)
      let before = try Self.packs(rig)
      try FileManager.default.removeItem(atPath: "\(rig.secondaryState)/registries")
      let again = try rig.startSecondary()
      try await rig.asking { try await $0.untilSettled(count: 10) }
      #expect(try Self.packs(rig) == before)
      try Self.expectEqual(ids, rig)
      withExtendedLifetime((primary, again)) {}
    }
  }

  /// Returns the packs of all copies by path and inode.
  private static func packs(_ rig: AgentRig) throws -> [String: UInt64] {
    var found: [String: UInt64] = [:]
    for file in try TemporaryDirectory.files(below: rig.directory.path("copies")) where file.hasSuffix(".pack") {
      let attributes = try FileManager.default.attributesOfItem(atPath: rig.directory.path("copies/\(file)"))
      found[file] = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value
    }
    return found
  }

  @Test func `a primary's state from an older backup is noticed, also past its old end`() async throws {
    try await withTemporaryDirectory("restored") { directory in
      let rig = try AgentRig(directory)
      let ids = try Self.fleet(5, rig)
      var primary = try rig.startPrimary()
      var secondary = try rig.startSecondary()
      try await rig.asking { try await $0.untilSettled(count: 5) }
      primary.send(signal: SIGTERM)
      #expect(try await primary.outcome().isSuccess)
      try FileManager.default.copyItem(atPath: rig.primaryState, toPath: directory.path("backup"))
      primary = try rig.startPrimary()
      for id in ids {
        try await GitCommand(in: rig.source(id)).run("update-ref", "refs/heads/new", "refs/heads/old")
        try await rig.push(id)
      }
      try await rig.asking { try await $0.untilSettled(count: 5) }
      for agent in [secondary, primary] {
        agent.send(signal: SIGTERM)
        #expect(try await agent.outcome().isSuccess)
      }
      try FileManager.default.removeItem(atPath: rig.primaryState)
      try FileManager.default.moveItem(atPath: directory.path("backup"), toPath: rig.primaryState)
      primary = try rig.startPrimary()
      // More events than there were, while the secondary does not look.
      for round in 0..<6 {
        for id in ids {
          try await GitCommand(in: rig.source(id)).run("update-ref", "refs/heads/round\(round)", "refs/heads/main")
          try await rig.push(id)
        }
      }
      secondary = try rig.startSecondary()
      try await rig.asking { try await $0.untilSettled(count: 5) }
      try Self.expectEqual(ids, rig)
      secondary.send(signal: SIGTERM)
      #expect(try await secondary.outcome().errorText.contains("could not be followed"))
      withExtendedLifetime(primary) {}
    }
  }

  @Test func `a repository that is pushed 500 times at once is synced far less often`() async throws {
    try await withTemporaryDirectory("often") { directory in
      let rig = try AgentRig(directory)
      _ = try Self.fleet(1, rig)
      let agents = (try rig.startPrimary(), try rig.startSecondary())
      try await rig.asking { pair in
        try await pair.untilSettled(count: 1)
        let oids = try ["main", "old"].map { try GitCommand(in: rig.source("r0")).run("rev-parse", $0).text }
        for number in 0..<500 {
          try directory.write(oids[number % 2] + "\n", to: "sources/r0.git/refs/heads/busy")
          try await pair.primary.post(
            AgentRoute.events, EventNotice(event: "push", replicableName: RigQuestions.kind, id: "r0"))
        }
        try await pair.untilSettled(count: 1)
        try Self.expectEqual(["r0"], rig)
        let syncs = try await pair.metric("remora_sync_seconds_count", of: \.secondary)
        #expect(syncs > 0 && syncs < 400)
      }
      withExtendedLifetime(agents) {}
    }
  }
}
