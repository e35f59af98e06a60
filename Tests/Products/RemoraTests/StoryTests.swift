import Foundation
import GitValues
import Remora
import Synchronization
import TestSupport
import Testing

/// The whole life of one repository, on real parts with a manual clock: read it from top to bottom. Its output, step by
/// step with the registry's own line, is compared with `fixtures/scenarios/life-of-a-repository.txt`.
@Suite("The life of a repository")
struct StoryTests {
  private final class Clock: Sendable {
    private let moment = Mutex(Timestamp(milliseconds: 1_790_000_000_000))
    private let bits = Mutex<UInt64>(0)

    func advance(by duration: Duration) { moment.withLock { $0 = $0 + duration } }

    var environment: SiteEnvironment {
      SiteEnvironment(
        now: { self.moment.withLock { $0 } },
        random: {
          self.bits.withLock { bits in
            bits += 1
            return bits
          }
        })
    }
  }

  /// Writes down what happens.
  private final class Narrator: Sendable {
    private let lines = Mutex<[String]>([])
    private let directory: String
    private let journal: String

    init(directory: String, journal: String) {
      self.directory = directory
      self.journal = journal
    }

    func tell(_ line: String) { lines.withLock { $0.append(line) } }

    /// Logs the registry's last line, from its journal. The log's id is drawn anew each time.
    func registry() throws {
      let text = try String(contentsOfFile: journal, encoding: .utf8)
      guard let last = text.split(separator: "\n").last(where: { !$0.contains("\"cursor\":") }) else { return }
      let anonymous = String(last).replacing(/"[0-9a-f]{16}:(\d+)"/) { "\"LOG:\($0.1)\"" }
        .replacing(/,"check":"[0-9a-f]{16}"/) { _ in "" }
      tell("    " + anonymous.replacing(directory, with: "DIRECTORY"))
    }

    var story: String { lines.withLock { $0.joined(separator: "\n") + "\n" } }
  }

  private static let name: ReplicableName = "project"

  @Test("created, synced, verified, updated, out of step, damaged, failing, renamed, destroyed, restored")
  func life() async throws {
    let directory = try TemporaryDirectory("story")
    for folder in ["source", "copies"] { try directory.write("", to: "\(folder)/.keep") }
    let clock = Clock()
    let narrator = Narrator(
      directory: directory.path, journal: directory.path("secondary/registries/project_registry.journal.jsonl"))
    var there = SitePlan(name: "there", state: directory.path("primary"), environment: clock.environment)
    there.replicate(try KindConfiguration(name: "project", strategy: "repository", root: directory.path("source")))
    var here = SitePlan(name: "here", state: directory.path("secondary"), environment: clock.environment)
    here.replicate(try KindConfiguration(name: "project", strategy: "repository", root: directory.path("copies")))
    try await there.withPrimary(secondaries: ["here"]) { [here] primary in
      try await here.withSecondary(of: primary) { secondary in
        try await Self.tell(directory, clock, narrator, primary, secondary)
      }
    }
    let fixture = Fixtures.url("scenarios/life-of-a-repository.txt")
    if ProcessInfo.processInfo.environment["REMORA_WRITE_FIXTURES"] == "1" {
      try narrator.story.write(to: fixture, atomically: true, encoding: .utf8)
    }
    #expect(narrator.story == (try String(contentsOf: fixture, encoding: .utf8)))
  }

  private static func tell(
    _ directory: TemporaryDirectory, _ clock: Clock, _ narrator: Narrator, _ primary: Primary, _ secondary: Secondary
  ) async throws {
    let id = try ReplicableID("team/app")
    let git = GitCommand()
    let source = directory.path("source/team/app.git")
    func look(_ path: String) throws -> String {
      try git.refs(path).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    }
    func expectEqual(_ copy: String, _ other: String) throws { #expect(try look(copy) == look(other)) }
    func step(_ what: String) async throws {
      clock.advance(by: .seconds(60))
      let consumed = try await secondary.consumeEvents()
      let work = try await secondary.work(concurrency: 1)
      narrator.tell(
        "\(what): \(consumed.applied) events, \(work.synced) synced, \(work.verified) verified\(work.failures.isEmpty ? "" : ", \(work.failures.count) failed")"
      )
      try narrator.registry()
    }

    try await secondary.consumeEvents()
    for other in ["team/other-1", "team/other-2", "team/other-3"] {
      var builder = RepositoryBuilder()
      builder.branch("main", at: builder.commit(["file": "one"]))
      _ = try builder.build(at: directory.path("source/\(other).git"))
      try await primary.publish(.created, of: ReplicableID(other), name)
    }
    try await step("three neighbours were created")

    var builder = RepositoryBuilder()
    builder.branch("main", at: builder.commit(["file": "one"]))
    let repository = try builder.build(at: source)
    try await primary.publish(.created, of: id, name)
    try await step("the repository was created")
    try expectEqual(directory.path("copies/team/app.git"), source)

    try await primary.checksum(id, name)
    try await step("the primary read its checksum")

    _ = try await git.run("-C", source, "update-ref", "refs/heads/topic", "\(try repository.oid("refs/heads/main"))")
    try await primary.publish(.updated, of: id, name)
    try await step("a branch was pushed")
    try expectEqual(directory.path("copies/team/app.git"), source)

    _ = try await git.run("-C", source, "update-ref", "-d", "refs/heads/topic")
    try await secondary.reverify(id, name)
    try await step("a branch vanished without an event, and a verification noticed")
    try expectEqual(directory.path("copies/team/app.git"), source)

    try FileManager.default.moveItem(atPath: source, toPath: source + "-aside")
    try await secondary.resync(id, name)
    try await step("the source could not be found")
    try await step("a minute later")
    try FileManager.default.moveItem(atPath: source + "-aside", toPath: source)
    clock.advance(by: .seconds(4 * 3_600))
    try await step("it was there again")

    let renamed = try ReplicableID("team/renamed")
    try FileManager.default.moveItem(atPath: source, toPath: directory.path("source/team/renamed.git"))
    try await primary.publish(.created, of: renamed, name)
    try await primary.publish(.deleted, of: id, name)
    try await step("it was renamed")
    try expectEqual(directory.path("copies/team/renamed.git"), directory.path("source/team/renamed.git"))

    let last = try look(directory.path("copies/team/renamed.git"))
    try FileManager.default.removeItem(atPath: directory.path("source/team/renamed.git"))
    try await primary.publish(.deleted, of: renamed, name)
    try await step("it was destroyed")
    #expect(!FileManager.default.fileExists(atPath: directory.path("copies/team/renamed.git")))

    let ticket = try #require(try await secondary.trash(name).first)
    try await secondary.restore(ticket, name)
    narrator.tell("it was restored from the trash")
    try narrator.registry()
    #expect(try look(directory.path("copies/team/renamed.git")) == last)
  }
}
