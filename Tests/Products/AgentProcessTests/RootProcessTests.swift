import AgentAPI
import Foundation
import TestSupport
import Testing

/// The directory of copies that is not the right one, and single copies that are not: shown as what they are.
@Suite(.serialized) struct RootProcessTests {
  private static func push(_ id: String, _ text: String, _ fixture: AgentPairFixture) async throws {
    let source = TestRepository(existing: fixture.source(id))
    try source.change { $0.ref("refs/heads/\(text)", at: $0.commit(["b": "\(text)"])) }
    try await fixture.push(id)
  }

  private static func isEqual(_ id: String, _ fixture: AgentPairFixture) -> Bool {
    guard let copy = try? GitCommand().view(fixture.copy(id)), let source = try? GitCommand().view(fixture.source(id))
    else {
      return false
    }
    return copy == source
  }

  @Test(arguments: [true, false])
  func `nothing is written into a root without its disk, and the disk ends that`(isRunning: Bool) async throws {
    try await withTemporaryDirectory("root") { directory in
      let fixture = try AgentPairFixture(directory)
      try fixture.makeSources("r1", "r2", "r3", "r4", "r5")
      let primary = try fixture.startPrimary()
      var secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 5)
        #expect(try await pair.status(of: \.secondary).isHealthy)
        if !isRunning {
          secondary.send(signal: SIGTERM)
          _ = try await secondary.outcome()
        }
        let (root, disk) = (directory.path("copies"), directory.path("disk"))
        try FileManager.default.moveItem(atPath: root, toPath: disk)
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        if !isRunning { secondary = try fixture.startSecondary() }
        try await pair.until("the root is refused") {
          try await pair.status(of: \.secondary).kinds.contains { $0.rootRefusal != nil }
        }
        try await Self.push("r1", "later", fixture)
        for _ in 0..<5 {
          try await Task.sleep(for: .seconds(1))
          let status = try await pair.status(of: \.secondary)
          #expect(!status.isHealthy && status.problems.contains { $0.contains("does not carry the identity") })
          // Blobs have a root of their own, which is as it was.
          #expect(status.kinds.first { $0.name == "release_asset" }?.rootRefusal == nil)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: root).isEmpty)
        try FileManager.default.removeItem(atPath: root)
        try FileManager.default.moveItem(atPath: disk, toPath: root)
        try await pair.until("the push arrives") { Self.isEqual("r1", fixture) }
        try await pair.untilSettled(count: 5)
        #expect(try await pair.status(of: \.secondary).isHealthy)
      }
      withExtendedLifetime((primary, secondary)) {}
    }
  }

  @Test func `a file in the place of a copy, a damaged one and a missing one stop no other, and are fetched again`()
    async throws
  {
    try await withTemporaryDirectory("one") { directory in
      var settings = AgentPairFixture.Settings()
      settings.secondary = "consistency: { interval: 1s }\nscan: { full_interval: 5s }"
      let fixture = try AgentPairFixture(directory, settings: settings)
      let ids = (0..<12).map { "r\($0)" }
      for id in ids { try fixture.makeSources(id) }
      let primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        try await pair.untilSettled(count: ids.count)
        try FileManager.default.removeItem(atPath: fixture.copy("r0"))
        try directory.write("a file", to: "copies/r0.git")
        try FileManager.default.removeItem(atPath: fixture.copy("r1"))
        try Data(count: 200).write(to: URL(fileURLWithPath: fixture.copy("r2") + "/config"))
        try FileManager.default.removeItem(atPath: fixture.copy("r3") + "/objects")
        for id in ids.dropFirst(4) { try await Self.push(id, "later", fixture) }
        try await pair.until("the others arrive") { ids.dropFirst(4).allSatisfy { Self.isEqual($0, fixture) } }
        try await pair.until("all are whole") { ids.allSatisfy { Self.isEqual($0, fixture) } }
        try await pair.untilSettled(count: ids.count)
        #expect(try await pair.metric("remora_work_paused", of: \.secondary) == 0)
        let log = secondary.errorsSoFar
        #expect(!log.contains("rests:"), "\(log)")
      }
      withExtendedLifetime((primary, secondary)) {}
    }
  }
}
