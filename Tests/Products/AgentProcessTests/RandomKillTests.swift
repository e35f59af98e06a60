import AgentAPI
import AgentClient
import BoundedHTTP
import Foundation
import Synchronization
import TestSupport
import Testing

/// Both agents are killed at random moments while the host is busy; in the end every copy equals its source, by git's own listing,
/// and no operator had to act.
@Suite(.serialized) struct RandomKillTests {
  private static let kills = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1" ? 100 : 10

  @Test(.timeLimit(.minutes(30))) func `agents that are killed at random moments lose nothing`() async throws {
    try await withTemporaryDirectory("storm") { directory in
      let fixture = try AgentPairFixture(directory)
      let seed = UInt64.random(in: 0 ... .max)
      let storm = try Storm(fixture, count: 50, seed: seed)
      let run = KillRun(fixture, seed: seed)
      try await run.start()
      let http = BoundedHTTPClient()
      let client = AgentClient(.socket(path: "\(fixture.primaryState)/events.sock"), http: http, total: .seconds(5))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await storm.run(perSecond: 20, client: client) }
        group.addTask {
          // Every third one waits for the job that it is to interrupt.
          for number in 0..<Self.kills { try await run.killOne(inJob: number.isMultiple(of: 3)) }
        }
        _ = try await group.next()
        group.cancelAll()
        while let result = await group.nextResult() {
          if case .failure(let error) = result, !(error is CancellationError) { throw error }
        }
      }
      await http.shutdown()
      try await fixture.asking { pair in
        // More goes here within a day than goes without a question: that is confirmed, and is the only help.
        try await pair.untilSettled(count: storm.present.count, within: .seconds(300)) { status in
          guard status.kinds.contains(where: { !$0.removalsWaiting.isEmpty }) else { return }
          try await pair.secondary.post(AgentRoute.removals(AgentPairClient.kind), [String: String]())
        }
        let log = try await pair.correlations()
        let lost = storm.counts.acknowledged.filter { !log.contains($0) }
        #expect(lost.isEmpty, "acknowledged and not in the log; seed \(seed)")
      }
      await run.stop()
      let present = storm.present.sorted()
      var differences: [String] = []
      for id in present {
        if try GitCommand().view(fixture.copy(id)) != GitCommand().view(fixture.source(id)) { differences.append(id) }
        #expect(try GitCommand().fsck(fixture.copy(id)).isEmpty, "\(id), seed \(seed)")
      }
      #expect(differences.isEmpty, "seed \(seed)")
      let copies = try TemporaryDirectory.files(below: directory.path("copies"))
        .filter { $0.hasSuffix("/HEAD") && !$0.hasPrefix(".remora") }
      #expect(copies.count == present.count, "no copy of what is gone; seed \(seed)")
      #expect(run.falseMismatches == 0, "seed \(seed)")
      #expect(run.interrupted > 0, "no kill hit a secondary with a job; seed \(seed)")
      let counts = storm.counts
      print(
        "random kills: \(run.summary); \(counts.pushes) pushes, \(counts.heads) HEAD changes, \(counts.renames) renames,"
          + " \(counts.deletions) deletions, \(counts.creations) new; \(counts.acknowledged.count) events acknowledged,"
          + " \(counts.spooled) spooled; differences at the end: \(differences.count);"
          + " false mismatches during the run: \(run.falseMismatches)")
    }
  }
}

/// The two agents, killed and started again, with their output.
final class KillRun: Sendable {
  private struct State {
    var random: SeededGenerator
    var primary: ChildProcess?
    var secondary: ChildProcess?
    var phases: [String: Int] = [:]
    /// Kills of a secondary that had just named a job of its own.
    var interrupted = 0
    var said: [String] = []
  }

  private let fixture: AgentPairFixture
  private let state: Mutex<State>

  init(_ fixture: AgentPairFixture, seed: UInt64) {
    self.fixture = fixture
    state = Mutex(State(random: SeededGenerator(seed: seed &+ 1)))
  }

  func start() async throws {
    let primary = try fixture.startPrimary()
    let secondary = try fixture.startSecondary()
    state.withLock { ($0.primary, $0.secondary) = (primary, secondary) }
  }

  /// Waits a random while, kills one of the two, and starts it again; one in four times it is killed while it starts, too.
  ///
  /// - Parameter inJob: kills the secondary, and waits until it has a job.
  func killOne(inJob: Bool) async throws {
    let (pause, isPrimary, isDouble) = state.withLock { state in
      (
        Int.random(in: 50...2_500, using: &state.random), Bool.random(using: &state.random) && !inJob,
        Int.random(in: 0..<4, using: &state.random) == 0
      )
    }
    try await Task.sleep(for: .milliseconds(pause))
    var job = isPrimary ? nil : await job()
    let deadline = ContinuousClock.now + .seconds(10)
    while inJob, job == nil, ContinuousClock.now < deadline { job = await self.job() }
    await end(isPrimary, isPrimary ? "primary" : "secondary \(job ?? "idle")")
    if job != nil { state.withLock { $0.interrupted += 1 } }
    if isDouble {
      let starting = try BuiltProgram.remora(
        ["agent", "--config", isPrimary ? fixture.primaryConfiguration : fixture.secondaryConfiguration])
      try await Task.sleep(for: .milliseconds(state.withLock { Int.random(in: 1...150, using: &$0.random) }))
      starting.kill()
      note(try await starting.outcome().errorText, "\(isPrimary ? "primary" : "secondary") starting")
    }
    let agent = isPrimary ? try fixture.startPrimary() : try fixture.startSecondary()
    state.withLock { state in
      if isPrimary { state.primary = agent } else { state.secondary = agent }
    }
  }

  /// The purpose of a job that the secondary has; `nil` also where it cannot be asked.
  private func job() async -> String? {
    let jobs = try? await fixture.asking { try await $0.status(of: \.secondary) }.jobs
    return jobs?.first?.purpose.text
  }

  private func end(_ isPrimary: Bool, _ phase: String) async {
    let agent = state.withLock { isPrimary ? $0.primary : $0.secondary }
    agent?.kill()
    let outcome: ProcessOutcome? = try? await agent?.outcome()
    #expect(outcome?.end == .killed(signal: SIGKILL), "it had ended: \(outcome?.errorText ?? "")")
    note(outcome?.errorText ?? "", phase)
  }

  private func note(_ text: String, _ phase: String) {
    state.withLock { state in
      state.phases[phase, default: 0] += 1
      state.said.append(text)
    }
  }

  /// Ends both in good order.
  func stop() async {
    let agents = state.withLock { [$0.primary, $0.secondary] }
    for agent in agents { agent?.send(signal: SIGTERM) }
    for agent in agents {
      let text = (try? await agent?.outcome().errorText) ?? ""  // only its output is wanted
      state.withLock { $0.said.append(text) }
    }
  }

  /// Lines of the secondary's log that call a copy different: no test wrote to one.
  var falseMismatches: Int {
    state.withLock { $0.said }.reduce(0) { $0 + $1.components(separatedBy: "lines differ").count - 1 }
  }

  /// Kills in the middle of a job.
  var interrupted: Int { state.withLock { $0.interrupted } }

  var summary: String {
    state.withLock { $0.phases }.sorted { $0.key < $1.key }.map { "\($0.value) of \($0.key)" }.joined(separator: ", ")
  }
}
