import Foundation
import TestSupport

/// What the stores can do at a size that few sites have.
extension BenchmarkCase {
  static func checksum(_ arena: Arena) throws -> [Figure] {
    let path = try arena.source("million-refs.git") { path in
      var builder = RepositoryBuilder()
      let commits = builder.commits(100)
      builder.branch("main", at: commits[99])
      _ = try builder.build(at: path)
      // As lines of a packed-refs file; a million ref files would measure the disk.
      let oids = try arena.runGit(["-C", path, "rev-list", "main"]).lines
      var text = "# pack-refs with: peeled fully-peeled sorted \n\(oids[0]) refs/heads/main\n"
      for number in 0..<1_000_000 {
        let name = String(number + 1_000_000)
        text += "\(oids[number % oids.count]) refs/pull/\(name)/head\n"
      }
      try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/packed-refs"))
      try? FileManager.default.removeItem(atPath: path + "/refs/heads/main")  // packed above; it may be packed already
    }
    let contest = try Contest(
      rounds: arena.rounds, ours: { _ in try arena.runRemora(["checksum", path]) },
      reference: { _ in try arena.runShell("export GIT_DIR='\(path)'; \(checksumScript)") })
    return [contest.time(goal: Goal.checksum)]
  }

  /// The line of product contract § 2.
  private static let checksumScript =
    "{ t=$(git symbolic-ref -q HEAD) && echo \"ref: $t HEAD\" || echo \"$(git rev-parse HEAD) HEAD\"; git for-each-ref --format='%(objectname) %(refname)'; } | sha256sum"

  static func registry(_ arena: Arena) throws -> [Figure] {
    let directory = arena.freshPath("registry")
    _ = try arena.run(.registryBuild, in: directory)
    let measured = try arena.run(.registry, in: directory)
    arena.remove(directory)
    return try figures(
      measured,
      [
        ("open", .seconds, .atMost(Goal.openSeconds)), ("resident-of-entry", .bytes, .atMost(Goal.bytesOfEntry)),
        ("changes-1-writer", .perSecond, nil),
        ("changes-64-writers", .perSecond, .atLeast(Goal.changesPerSecond)), ("next-1000-due", .milliseconds, nil),
        ("counts", .milliseconds, nil),
        ("slowest-list-page", .milliseconds, .atMost(Goal.listPageMilliseconds)),
        ("longest-change", .milliseconds, nil),
        ("longest-change-while-folding", .milliseconds, .atMost(Goal.pauseMilliseconds)),
        ("fold", .seconds, nil),
      ])
  }

  static func eventLog(_ arena: Arena) throws -> [Figure] {
    let directory = arena.freshPath("events")
    let measured = try arena.run(.eventLog, in: directory)
    arena.remove(directory)
    return try figures(
      measured,
      [
        ("appends-1-writer", .perSecond, nil),
        ("appends-64-writers", .perSecond, .atLeast(Goal.changesPerSecond)), ("replay-1m", .seconds, nil),
      ])
  }

  static func catalog(_ arena: Arena) throws -> [Figure] {
    let directory = arena.freshPath("catalog")
    _ = try arena.run(.catalogBuild, in: directory)
    let measured = try arena.run(.catalog, in: directory)
    arena.remove(directory)
    return try figures(
      measured,
      [("first", .seconds, nil), ("second", .seconds, nil), ("resident-of-row", .bytes, nil)])
  }

  private static func figures(
    _ measured: [String: Double], _ wanted: [(name: String, unit: Figure.Unit, goal: Figure.Goal?)]
  ) throws -> [Figure] {
    try wanted.map { wanted in
      guard let value = measured[wanted.name] else { throw BenchmarkFailure("'\(wanted.name)' was not measured") }
      return Figure(unit: wanted.unit, detail: wanted.name, ours: value, goal: wanted.goal)
    }
  }
}
