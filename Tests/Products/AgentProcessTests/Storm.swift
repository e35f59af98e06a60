import AgentAPI
import AgentClient
import BoundedHTTP
import Foundation
import Synchronization
import TestSupport

/// Changes without end over a host's repositories: pushes, force-pushes, deleted refs, HEAD changes, repositories that are renamed,
/// deleted and made again; each announced to the primary as a host announces it.
final class Storm: Sendable {
  /// What happened so far.
  struct Counts: Sendable {
    var pushes = 0
    var heads = 0
    var renames = 0
    var deletions = 0
    var creations = 0
    /// Correlation ids of the events that the primary acknowledged.
    var acknowledged: [String] = []
    /// Events that the agent did not take, and that lie in the spool.
    var spooled = 0
  }

  private struct State {
    var random: SeededGenerator
    var present: [String]
    var absent: [String] = []
    var counts = Counts()
  }

  let fixture: AgentPairFixture
  private let commits: [String]
  private let template: String
  private let state: Mutex<State>

  /// Makes `count` repositories, all from one template with thirty commits on three lines of history.
  init(_ fixture: AgentPairFixture, count: Int, seed: UInt64) throws {
    self.fixture = fixture
    template = fixture.directory.path("template.git")
    var builder = RepositoryBuilder()
    var tips: [BuiltObject] = []
    for line in 0..<3 {
      var parents: [BuiltObject] = []
      for number in 0..<10 {
        let commit = builder.commit(["line": "\(line)", "file\(number)": "\(line)-\(number)"], parents: parents)
        parents = [commit]
        tips.append(commit)
      }
    }
    for (index, tip) in tips.enumerated() { builder.ref("refs/keep/\(index)", at: tip) }
    builder.ref("refs/heads/main", at: tips[0])
    let built = try builder.build(at: template)
    commits = tips.map { "\(built.oid($0))" }
    // The objects stay in the pack; only what a ref reaches is sent.
    try built.git.run(
      "update-ref", "--stdin",
      input: Array((0..<tips.count).map { "delete refs/keep/\($0)\n" }.joined().utf8))
    var names: [String] = []
    for number in 0..<count {
      let id = "group\(number % 5)/project\(number)"
      names.append(id)
      let parent = (fixture.source(id) as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: template, toPath: fixture.source(id))
    }
    state = Mutex(State(random: SeededGenerator(seed: seed), present: names))
  }

  var counts: Counts { state.withLock { $0.counts } }
  /// What is there now.
  var present: [String] { state.withLock { $0.present } }

  /// Makes changes at a rate until the task is cancelled.
  func run(perSecond rate: Int, client: AgentClient) async throws {
    let start = ContinuousClock.now
    var number = 0
    while !Task.isCancelled {
      try await change(client)
      number += 1
      let next = start + .milliseconds(1_000 * number / rate)
      // Cancelled: the loop sees it.
      try? await Task.sleep(until: next)
    }
  }

  /// Makes one change, and announces it.
  private func change(_ client: AgentClient) async throws {
    let dice = state.withLock { state in
      (kind: Int.random(in: 0..<100, using: &state.random), seed: state.random.next())
    }
    var random = SeededGenerator(seed: dice.seed)
    switch dice.kind {
    case 0..<82: try await push(&random, client)
    case 82..<90: try await changeHead(&random, client)
    case 90..<93: try await rename(&random, client)
    case 93..<96: try await delete(&random, client)
    default: try await create(&random, client)
    }
  }

  private func pick(_ random: inout SeededGenerator) -> String? {
    state.withLock { $0.present.randomElement(using: &random) }
  }

  private func push(_ random: inout SeededGenerator, _ client: AgentClient) async throws {
    guard let id = pick(&random) else { return }
    var lines = ""
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let ref = "refs/heads/branch\(Int.random(in: 0..<12, using: &random))"
      guard !lines.contains(" \(ref) ") else { continue }
      // Written as the first line wants it: the name, a space, the value.
      if Int.random(in: 0..<5, using: &random) == 0 {
        lines += "update \(ref) \(String(repeating: "0", count: 40))\n"
      } else if let commit = commits.randomElement(using: &random) {
        lines += "update \(ref) \(commit)\n"
      }
    }
    try await git(id, ["update-ref", "--stdin"], Array(lines.utf8))
    state.withLock { $0.counts.pushes += 1 }
    try await tell("push", id, client)
  }

  private func changeHead(_ random: inout SeededGenerator, _ client: AgentClient) async throws {
    guard let id = pick(&random) else { return }
    try await git(id, ["symbolic-ref", "HEAD", "refs/heads/branch\(Int.random(in: 0..<12, using: &random))"], [])
    state.withLock { $0.counts.heads += 1 }
    try await tell("update", id, client)
  }

  private func rename(_ random: inout SeededGenerator, _ client: AgentClient) async throws {
    guard let id = pick(&random) else { return }
    let new = "moved/\(Int.random(in: 0..<1_000_000, using: &random))"
    try FileManager.default.createDirectory(
      atPath: fixture.directory.path("sources/moved"), withIntermediateDirectories: true)
    try FileManager.default.moveItem(atPath: fixture.source(id), toPath: fixture.source(new))
    state.withLock { state in
      state.present.removeAll { $0 == id }
      state.present.append(new)
      state.counts.renames += 1
    }
    try await tell("update", new, client)
    try await tell("destroy", id, client)
  }

  private func delete(_ random: inout SeededGenerator, _ client: AgentClient) async throws {
    guard let id = pick(&random), state.withLock({ $0.present.count }) > 30 else { return }
    try FileManager.default.moveItem(
      atPath: fixture.source(id), toPath: fixture.directory.path("gone-\(UUID().uuidString)"))
    state.withLock { state in
      state.present.removeAll { $0 == id }
      state.absent.append(id)
      state.counts.deletions += 1
    }
    try await tell("destroy", id, client)
  }

  private func create(_ random: inout SeededGenerator, _ client: AgentClient) async throws {
    guard let id = state.withLock({ $0.absent.popLast() }) else { return }
    let made = fixture.directory.path("made-\(UUID().uuidString).git")
    try FileManager.default.copyItem(atPath: template, toPath: made)
    try FileManager.default.moveItem(atPath: made, toPath: fixture.source(id))
    state.withLock { state in
      state.present.append(id)
      state.counts.creations += 1
    }
    try await tell("update", id, client)
  }

  private func git(_ id: String, _ arguments: [String], _ input: [UInt8]) async throws {
    let command = GitCommand(in: fixture.source(id))
    let outcome = try await command.start(arguments, input: .bytes(input)).outcome()
    // A branch and what stands below it, a lock of a neighbour: a host's user would see that too.
    guard outcome.isSuccess || outcome.status == 128 || outcome.status == 1 else {
      throw TestSupportError("git \(arguments): \(outcome.errorText)")
    }
  }

  /// Announces it as a hook does: by the socket, and by the spool when the agent does not answer.
  private func tell(_ word: String, _ id: String, _ client: AgentClient) async throws {
    let correlation = UUID().uuidString.lowercased()
    let notice = EventNotice(
      event: Word(word), replicableName: AgentPairClient.kind, id: id, changes: nil, correlationId: correlation)
    do {
      try await client.post(AgentRoute.events, notice)
      state.withLock { $0.counts.acknowledged.append(correlation) }
    } catch  where error.status == 404 {
      // It has been renamed or deleted meanwhile.
    } catch {
      let outcome = try await BuiltProgram.remora(
        ["event", word, AgentPairClient.kind, id, "--hook", "--config", fixture.primaryConfiguration]
      ).outcome()
      if outcome.isSuccess { state.withLock { $0.counts.spooled += 1 } }
    }
  }
}
