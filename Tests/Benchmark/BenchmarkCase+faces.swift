import Foundation
import TestSupport

/// What readers and scrapers request from a large secondary while it works.
extension BenchmarkCase {
  private static let entries = 100_000
  private static let readers = 20

  /// Twenty readers who ask again as soon as they are answered, at a secondary with 100,000 repositories and 100,000 files whose
  /// repositories are pushed to all the while: how long each question takes, and how much later copies are verified for it.
  static func faces(_ arena: Arena) throws -> [Figure] {
    let pair = try AgentPair(arena)
    defer { pair.stop() }
    try pair.emptyRepositories(entries)
    try pair.files(entries)
    let busy = try pair.fleet(20)
    try pair.start()
    try pair.untilSettled(count: entries + busy.count, within: .seconds(3_600))
    try pair.untilSettled(count: entries, of: AgentPair.files, within: .seconds(3_600))
    let crowd = CrowdPart(
      port: pair.fixture.secondaryPort, token: try pair.fixture.secret("reader"), readers: readers,
      lastPage: try pair.lastPage())
    var calm = crowd
    calm.pause = 1
    var (alone, watched, calmlyWatched): ([Double], [Double], [Double]) = ([], [], [])
    var seen = CrowdPart.Seen()
    var pushes = 0
    func follow(_ count: Int) throws -> [Double] {
      try (0..<count).map { _ in
        pushes += 1
        return try pair.follow(busy[pushes % busy.count], change: pushes)
      }
    }
    // The first ones warm up. In turns, so that all see what else the machine does.
    for round in 0...arena.rounds {
      let quiet = try follow(40)
      var beside: [Double] = []
      let told = try reading(crowd, arena) { beside = try follow(40) }
      var besideCalm: [Double] = []
      _ = try reading(calm, arena) { besideCalm = try follow(40) }
      guard round > 0 else { continue }
      alone += quiet
      watched += beside
      calmlyWatched += besideCalm
      seen.milliseconds.merge(told.milliseconds) { $0 + $1 }
      seen.seconds += told.seconds
    }
    return figures(seen) + [
      Figure(
        unit: .milliseconds, detail: "lag-to-unwatched", ours: median(watched), reference: median(alone),
        goal: .ratio(Goal.watchedLag)),
      // Requests as readers and scrapers send them.
      Figure(
        unit: .milliseconds, detail: "lag-by-a-question-a-second", ours: median(calmlyWatched),
        reference: median(alone), goal: .ratio(Goal.watchedLag)),
    ]
  }

  /// Has a crowd read for as long as the body runs. Readers are on machines of their own; here they are a process that takes only
  /// what the agents leave of this one's processors.
  private static func reading(_ crowd: CrowdPart, _ arena: Arena, _ body: () throws -> Void) throws -> CrowdPart.Seen {
    let directory = arena.freshPath("crowd")
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try JSONEncoder().encode(crowd).write(to: URL(fileURLWithPath: "\(directory)/crowd.json"))
    let child = try ChildProcess(
      "chrt", ["--idle", "0", "/proc/\(getpid())/exe", "--part", Part.crowd.rawValue, "--directory", directory])
    let result = Result { try body() }
    try Data().write(to: URL(fileURLWithPath: "\(directory)/over"))
    let outcome: ProcessOutcome = try child.outcome()
    guard outcome.isSuccess else { throw BenchmarkFailure("the readers: \(outcome.errorText)") }
    try result.get()
    return try JSONDecoder().decode(
      CrowdPart.Seen.self, from: try Data(contentsOf: URL(fileURLWithPath: "\(directory)/seen.json")))
  }

  private static func figures(_ seen: CrowdPart.Seen) -> [Figure] {
    var figures: [Figure] = []
    for name in CrowdPart.names {
      let times = (seen.milliseconds[name] ?? []).sorted()
      guard !times.isEmpty else { continue }
      figures.append(
        Figure(unit: .milliseconds, detail: "\(name)-p50", ours: times[times.count / 2], goal: nil))
      figures.append(
        Figure(
          unit: .milliseconds, detail: "\(name)-p99", ours: times[times.count * 99 / 100],
          goal: .atMost(Goal.faceMilliseconds)))
    }
    let count = seen.milliseconds.values.map(\.count).reduce(0, +)
    return figures + [Figure(unit: .perSecond, detail: "answers", ours: Double(count) / seen.seconds, goal: nil)]
  }

  private static func median(_ seconds: [Double]) -> Double { seconds.sorted()[seconds.count / 2] * 1_000 }
}
