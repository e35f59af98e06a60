import TestSupport

/// Copies of what does not change: the first one, and the look whether anything has.
extension BenchmarkCase {
  static func firstCopy(
    of path: String, _ name: String, _ reach: Arena.Reach, _ arena: Arena
  ) throws -> Contest {
    let address = try arena.address(name, by: reach)
    var places: [String] = []
    let contest = try Contest(
      rounds: arena.rounds,
      prepare: { _ in
        for place in places { arena.remove(place) }
        places = [arena.freshPath("ours"), arena.freshPath("git")]
      },
      ours: { _ in try arena.mirror(address, places[0]) },
      reference: { _ in try arena.runGit(["clone", "-q", "--no-local", "--mirror", address, places[1]]) })
    try arena.expectEqual(places[0], path)
    for place in places { arena.remove(place) }
    return contest
  }

  static func unchanged(_ reach: Arena.Reach, _ arena: Arena) throws -> [Figure] {
    let source = try arena.manyRefs()
    let address = try arena.address("many-refs.git", by: reach)
    let (ours, theirs) = (arena.freshPath("ours"), arena.freshPath("git"))
    _ = try arena.mirror(address, ours)
    _ = try arena.runGit(["clone", "-q", "--no-local", "--mirror", address, theirs])
    let contest = try Contest(
      rounds: arena.rounds, ours: { _ in try arena.mirror(address, ours) },
      reference: { _ in try arena.runGit(["-C", theirs, "fetch", "-q", "--prune"]) })
    try arena.expectEqual(ours, source.path)
    for place in [ours, theirs] { arena.remove(place) }
    return [contest.time(goal: Goal.refHeavy)]
  }

  /// Writes the list for remora; returns its path and, for xargs, a line of source and destination each.
  private static func fleetLists(
    _ reach: Arena.Reach, into theirs: String, _ arena: Arena
  ) throws -> (list: String, pairs: [String], names: [String]) {
    let names = try arena.fleet()
    let addresses = try names.map { try arena.address($0, by: reach) }
    let list = try arena.scratch.write(
      zip(addresses, names).map { "\($0) \($1)\n" }.joined(), to: "fleet-\(reach).txt")
    return (list, zip(addresses, names).map { "\($0) \(theirs)/\($1)" }, names)
  }

  static func firstCopies(_ reach: Arena.Reach, _ arena: Arena) throws -> [Figure] {
    [try firstCopiesContest(reach, arena).time(goal: Goal.firstCopyOfMany(reach))]
  }

  static func firstCopiesContest(_ reach: Arena.Reach, _ arena: Arena) throws -> Contest {
    let theirs = arena.freshPath("git")
    let ours = arena.freshPath("ours")
    let lists = try fleetLists(reach, into: theirs, arena)
    let contest = try Contest(
      rounds: min(arena.rounds, 3),
      prepare: { _ in for place in [ours, theirs] { arena.remove(place) } },
      ours: { _ in
        try arena.runRemora(["mirror", "--json", "--list", lists.list, "--into", ours] + arena.options(for: reach))
      },
      reference: { _ in try arena.runGitForEach(lists.pairs, ["clone", "-q", "--no-local", "--mirror"], by: reach) })
    try arena.expectEqual("\(ours)/\(lists.names[499])", arena.scratch.path("sources/\(lists.names[499])"))
    for place in [ours, theirs] { arena.remove(place) }
    return contest
  }

  static func unchangedSweep(_ reach: Arena.Reach, _ arena: Arena) throws -> [Figure] {
    let (ours, theirs) = (arena.freshPath("ours"), arena.freshPath("git"))
    let lists = try fleetLists(reach, into: theirs, arena)
    let sweep = ["mirror", "--json", "--list", lists.list, "--into", ours] + (try arena.options(for: reach))
    _ = try arena.runRemora(sweep)
    _ = try arena.runGitForEach(lists.pairs, ["clone", "-q", "--no-local", "--mirror"], by: reach)
    let copies = lists.names.map { "-C \(theirs)/\($0) fetch -q --prune" }
    let contest = try Contest(
      rounds: Arena.Reach.usual.contains(reach) ? arena.rounds : min(arena.rounds, 2),
      ours: { _ in try arena.runRemora(sweep) }, reference: { _ in try arena.runGitForEach(copies, [], by: reach) })
    for place in [ours, theirs] { arena.remove(place) }
    return [contest.time(goal: Goal.unchangedSweep(reach))]
  }

  static func memory(_ arena: Arena) throws -> [Figure] {
    let refs = try arena.manyRefs()
    let big = try arena.bigHistory()
    let bigPath = try arena.address(big, by: .path)
    return [
      try firstCopy(of: refs.path, "many-refs.git", .http, arena).memory(goal: Goal.megabytes, "20k-refs"),
      try firstCopy(of: bigPath, big, .http, arena).memory(goal: Goal.megabytes, "big"),
      try firstCopiesContest(.http, arena).memory(goal: Goal.megabytes, "500"),
    ]
  }
}
