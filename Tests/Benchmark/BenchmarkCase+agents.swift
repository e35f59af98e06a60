import AgentAPI
import AgentClient
import Foundation
import TestSupport

/// Two agents at work: from a push to a verified copy.
extension BenchmarkCase {
  /// Pushes one after another, each followed until the secondary has verified it, beside `git push` and `git fetch` in turns.
  static func pushLatency(_ arena: Arena) throws -> [Figure] {
    let pair = try AgentPair(arena)
    defer { pair.stop() }
    let source = pair.fixture.source("project")
    var builder = RepositoryBuilder()
    builder.branch("main", at: builder.commits(20)[19])
    _ = try builder.build(at: source)
    try pair.start()
    _ = try arena.runRemora(["hook", "install", "--config", pair.fixture.primaryConfiguration, source])
    try pair.untilSettled(count: 1)
    let clone = arena.freshPath("clone")
    _ = try arena.runGit(["clone", "-q", source, clone])
    let follower = arena.freshPath("follower")
    _ = try arena.runGit(["clone", "-q", "--mirror", source, follower])
    var (visible, whole, reference): ([Double], [Double], [Double]) = ([], [], [])
    for number in 0..<(pair.pushes + 10) {
      try Data("\(number)".utf8).write(to: URL(fileURLWithPath: "\(clone)/file"))
      _ = try arena.runShell(
        "cd '\(clone)' && git add file && git -c user.name=a -c user.email=a@b commit -qm \(number) && git pack-refs --all"
      )
      let begun = Date()
      let push = try arena.runGit(["-C", clone, "push", "-q", "origin", "HEAD:main"])
      let changed = try Self.modified("\(source)/refs/heads/main")
      let verified = try pair.verified("project", since: changed)
      let fetch = try arena.runGit(["-C", follower, "fetch", "-q", "--prune"])
      // The first ones warm up.
      guard number >= 10 else { continue }
      visible.append(verified.timeIntervalSince(changed))
      whole.append(verified.timeIntervalSince(begun))
      reference.append((push.duration + fetch.duration) / .seconds(1))
    }
    let grokmirror = try grokLatency(pair, clone, arena)
    return [
      figure("ref-to-verified-p50", 0.5, visible, goal: Goal.pushMedian),
      figure("ref-to-verified-p99", 0.99, visible, goal: Goal.pushNinetyNinth),
      figure("with-the-push-p50", 0.5, whole, beside: reference),
      figure("with-the-push-p99", 0.99, whole, beside: reference),
    ] + (grokmirror.isEmpty ? [] : [figure("beside-grokmirror-p50", 0.5, visible, beside: grokmirror)])
  }

  /// Measures grokmirror's daemon from the notification of a push until its copy has it; empty where it is not
  /// installed.
  private static func grokLatency(_ pair: AgentPair, _ clone: String, _ arena: Arena) throws -> [Double] {
    guard
      let daemon = try GrokDaemon(
        following: pair.fixture.directory.path("sources"), in: arena.freshPath("grokmirror"), arena: arena)
    else { return [] }
    var seconds: [Double] = []
    for number in 0..<10 {
      _ = try arena.runShell(
        "cd '\(clone)' && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m grok\(number) && git push -q origin HEAD:main"
      )
      let commit = try arena.runGit(["-C", clone, "rev-parse", "HEAD"]).text
      seconds.append(try daemon.follow("project.git", to: commit, arena: arena))
    }
    try daemon.stop()
    return seconds
  }

  private static func figure(
    _ detail: String, _ share: Double, _ seconds: [Double], beside reference: [Double]? = nil, goal: Double? = nil
  ) -> Figure {
    func quantile(_ values: [Double]) -> Double {
      values.sorted()[min(values.count - 1, Int(Double(values.count) * share))] * 1_000
    }
    return Figure(
      unit: .milliseconds, detail: detail, ours: quantile(seconds), reference: reference.map(quantile),
      goal: goal.map { .atMost($0) })
  }

  private static func modified(_ path: String) throws -> Date {
    guard let date = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date else {
      throw BenchmarkFailure("'\(path)' has no date")
    }
    return date
  }

  /// Changes over 100 repositories as fast as they can be announced, until all copies are verified.
  static func sustained(_ arena: Arena) throws -> [Figure] {
    let pair = try AgentPair(arena)
    defer { pair.stop() }
    let names = try pair.fleet(100)
    try pair.start()
    try pair.untilSettled(count: 100)
    let begun = ContinuousClock.now
    let changes = 2_000
    let (fixture, tip) = (pair.fixture, pair.tip)
    try pair.asking { questions in
      for number in 0..<changes {
        let id = names[number % 100]
        let ref = "\(fixture.source(id))/refs/heads/change\(number / 100)"
        try Data("\(tip)\n".utf8).write(to: URL(fileURLWithPath: ref))
        try await questions.primary.post(
          AgentRoute.events, EventNotice(event: .known(.push), replicableName: "project_repository", id: id))
      }
    }
    let told = ContinuousClock.now - begun
    try pair.untilSettled(count: 100)
    let all = ContinuousClock.now - begun
    return [
      Figure(unit: .perSecond, detail: "events", ours: Double(changes) / (told / .seconds(1)), goal: nil),
      Figure(unit: .perSecond, detail: "until-verified", ours: Double(changes) / (all / .seconds(1)), goal: nil),
    ]
  }

  /// Measures first copies of 1,000 small repositories, verified, beside two clones at a time.
  static func backfill(_ arena: Arena) throws -> [Figure] {
    var (ours, reference): ([Double], [Double]) = ([], [])
    for _ in 0..<max(1, arena.rounds / 2) {
      let pair = try AgentPair(arena)
      defer { pair.stop() }
      let names = try pair.fleet(1_000)
      let into = arena.freshPath("clones")
      let clones = try arena.runGitForEach(
        names.map { "\(pair.fixture.source($0)) \(into)/\($0).git" }, ["clone", "-q", "--mirror", "--no-local"])
      try pair.startPrimary()
      try pair.untilChecksummed(1_000)
      let begun = ContinuousClock.now
      try pair.startSecondary()
      try pair.untilSettled(count: 1_000)
      ours.append((ContinuousClock.now - begun) / .seconds(1))
      reference.append(clones.duration / .seconds(1))
      arena.remove(into)
    }
    return [
      Figure(
        ours: ours.sorted()[ours.count / 2], reference: reference.sorted()[reference.count / 2],
        goal: .ratio(Goal.backfill))
    ]
  }

  /// Measures the cost of an idle pair over a minute.
  static func idle(_ arena: Arena) throws -> [Figure] {
    let pair = try AgentPair(arena, isCalm: true)
    defer { pair.stop() }
    _ = try pair.fleet(10_000)
    try pair.start()
    try pair.untilSettled(count: 10_000, within: .seconds(1_800))
    // The scan after the first checksums looks at every repository once more: that is the end of the work, not idleness.
    Thread.sleep(forTimeInterval: 90)
    let before = try pair.costs()
    Thread.sleep(forTimeInterval: 60)
    let after = try pair.costs()
    return [
      Figure(
        unit: .percent, detail: "primary-core", ours: (after.primary.seconds - before.primary.seconds) / 0.6,
        goal: .atMost(Goal.idlePercent)),
      Figure(
        unit: .percent, detail: "secondary-core", ours: (after.secondary.seconds - before.secondary.seconds) / 0.6,
        goal: .atMost(Goal.idlePercent)),
      Figure(unit: .perMinute, detail: "requests", ours: after.requests - before.requests, goal: .atMost(100)),
      Figure(
        unit: .megabytes, detail: "primary-memory", ours: after.primary.megabytes, goal: .atMost(Goal.megabytes)),
      Figure(
        unit: .megabytes, detail: "secondary-memory", ours: after.secondary.megabytes, goal: .atMost(Goal.megabytes)),
    ]
  }

  /// Measures from the start of a primary without state to a checksum of each of 100,000 repositories; and what an
  /// empty copy takes.
  static func firstStart(_ arena: Arena) throws -> [Figure] {
    let pair = try AgentPair(arena, isCalm: true)
    defer { pair.stop() }
    try pair.emptyRepositories(100_000)
    let begun = ContinuousClock.now
    try pair.startPrimary()
    let opened = ContinuousClock.now - begun
    try pair.untilChecksummed(100_000)
    let all = ContinuousClock.now - begun
    let costs = try pair.primaryCost()
    let copy = arena.freshPath("empty-copy.git")
    _ = try arena.mirror(pair.fixture.source("e/0"), copy)
    let files = try FileManager.default.subpathsOfDirectory(atPath: copy).count + 1
    let kilobytes = Double(try arena.runShell("du -s --block-size=1 '\(copy)' | cut -f1").text) ?? 0
    return [
      Figure(detail: "doors-open", ours: opened / .seconds(1), goal: nil),
      Figure(detail: "all-checksummed", ours: all / .seconds(1), goal: nil),
      Figure(unit: .megabytes, detail: "memory", ours: costs.megabytes, goal: nil),
      Figure(unit: .objects, detail: "inodes-of-empty-copy", ours: Double(files), goal: nil),
      Figure(unit: .bytes, detail: "empty-copy", ours: kilobytes, goal: nil),
    ]
  }
}
