import Foundation
import GitValues
import TestSupport

/// Copies that follow a source which changes.
extension BenchmarkCase {
  /// Makes both copies of a source, lets it change before each round, and measures who follows faster.
  private static func follow(
    _ source: TestRepository, _ reach: Arena.Reach, _ arena: Arena, rounds: Int,
    change: (Int) throws -> Void, watching watch: (ProcessOutcome, ProcessOutcome) -> Void = { _, _ in }
  ) throws -> Contest {
    let address = try arena.address((source.path as NSString).lastPathComponent, by: reach)
    let (ours, theirs) = (arena.freshPath("ours"), arena.freshPath("git"))
    _ = try arena.mirror(address, ours)
    _ = try arena.runGit(["clone", "-q", "--no-local", "--mirror", address, theirs])
    var lastOfGit: ProcessOutcome?
    var lastOfOurs: ProcessOutcome?
    let contest = try Contest(
      rounds: rounds,
      prepare: { round in
        if let lastOfOurs, let lastOfGit { watch(lastOfOurs, lastOfGit) }
        try change(round)
      },
      ours: { _ in
        let outcome = try arena.mirror(address, ours)
        lastOfOurs = outcome
        return outcome
      },
      reference: { _ in
        let outcome = try arena.runGit(["-C", theirs, "fetch", "--progress", "--prune"])
        lastOfGit = outcome
        return outcome
      })
    if let lastOfOurs, let lastOfGit { watch(lastOfOurs, lastOfGit) }
    try arena.expectEqual(ours, source.path)
    for place in [ours, theirs] { arena.remove(place) }
    return contest
  }

  static func update(_ reach: Arena.Reach, _ arena: Arena) throws -> [Figure] {
    let source = try arena.manyRefs(named: "updated-\(reach).git")
    let contest = try follow(source, reach, arena, rounds: arena.rounds) { round in
      let main = BuiltObject.oid(try source.oid("refs/heads/main"))
      try source.change { builder in
        // Ten commits with a tree and a blob each, and a tag.
        let commits = builder.commits(10, onto: main, label: "round \(round)")
        builder.branch("main", at: commits[9])
        builder.tag("round-\(round)", of: commits[9])
      }
    }
    return [contest.time(goal: Goal.refHeavy)]
  }

  static func delete(_ reach: Arena.Reach, _ arena: Arena) throws -> [Figure] {
    let source = try arena.manyRefs(named: "deleted-\(reach).git")
    // Five rounds at most leave 8,000 of the 20,000.
    let contest = try follow(source, reach, arena, rounds: min(arena.rounds, 5)) { round in
      try source.change { builder in
        for number in round * 2_000..<(round + 1) * 2_000 { builder.deleteRef("refs/pull/\(number)/head") }
      }
    }
    return [contest.time(goal: Goal.refHeavy)]
  }

  /// Bots rebase 400 branches while `main` moves by one commit: what is sent should be that, and not the history again.
  static func forcePushed(_ reach: Arena.Reach, _ arena: Arena) throws -> [Figure] {
    let path = try arena.source("bots-\(reach).git") { path in
      var builder = RepositoryBuilder()
      let main = builder.commits(4_000)
      builder.branch("main", at: main[3_999])
      rebase(onto: main[3_999], round: -1, &builder)
      _ = try builder.build(at: path)
    }
    let source = TestRepository(existing: path)
    var objects: (ours: [Double], git: [Double]) = ([], [])
    let contest = try follow(source, reach, arena, rounds: min(arena.rounds, 3)) { round in
      let main = BuiltObject.oid(try source.oid("refs/heads/main"))
      try source.change { builder in
        let next = builder.commits(1, onto: main, label: "round \(round)")[0]
        builder.branch("main", at: next)
        rebase(onto: next, round: round, &builder)
      }
    } watching: { ours, git in
      objects.ours.append(objectsOfOurs(ours))
      objects.git.append(objectsOfGit(git))
    }
    let received = Figure(
      unit: .objects, detail: "objects", ours: objects.ours.max() ?? 0, reference: objects.git.max() ?? 0,
      goal: .ratio(Goal.objects))
    return [received, contest.time(goal: nil)]
  }

  private static func rebase(onto main: BuiltObject, round: Int, _ builder: inout RepositoryBuilder) {
    for bot in 0..<400 {
      let commit = builder.commit(["bot": "\(bot) \(round)\n"], parents: [main], message: "bot \(bot)")
      builder.branch("bot-\(bot)", at: commit)
    }
  }

  /// Reads the number from the JSON line of remora.
  private static func objectsOfOurs(_ outcome: ProcessOutcome) -> Double {
    struct Line: Decodable { let objects: Int }
    // Nothing to read counts as nothing received.
    return Double((try? JSONDecoder().decode(Line.self, from: Data(outcome.output)))?.objects ?? 0)
  }

  /// Reads the number from the line "Total 803 (delta 2), reused …" that the server sends to git.
  private static func objectsOfGit(_ outcome: ProcessOutcome) -> Double {
    outcome.errorText.firstMatch(of: /Total (\d+)/).flatMap { Double($0.1) } ?? 0
  }
}
