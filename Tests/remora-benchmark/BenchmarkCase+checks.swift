/// Object checks of what is whole.
extension BenchmarkCase {
  /// The same copy is looked at by both; the second of ours in a round knows what the first has proven.
  static func objectCheck(_ arena: Arena) throws -> [Figure] {
    let name = try arena.bigHistory()
    let copy = arena.freshPath("checked")
    _ = try arena.mirror(try arena.address(name, by: .path), copy)
    func contest(_ reference: [String]) throws -> Contest {
      try Contest(
        rounds: arena.rounds,
        ours: { _ in try arena.runRemora(["check", "--json", copy]) },
        reference: { _ in try arena.runGit(["-C", copy, "fsck", "--no-progress", "--no-dangling"] + reference) })
    }
    let full = try contest(["--full"])
    let connectivity = try contest(["--connectivity-only"])
    arena.remove(copy)
    return [
      full.time(goal: Goal.objectCheck, "beside --full"),
      connectivity.time(goal: nil, "beside --connectivity-only"),
      full.memory(goal: nil, "peak memory"),
    ]
  }
}
