/// Object checks of what is whole.
extension BenchmarkCase {
  /// The same copy is looked at by both; once as if it was never checked, once as it is checked every month.
  static func objectCheck(_ arena: Arena) throws -> [Figure] {
    let name = try arena.bigHistory()
    let copy = arena.freshPath("checked")
    _ = try arena.mirror(try arena.address(name, by: .path), copy)
    func contest(_ options: [String], _ reference: [String]) throws -> Contest {
      try Contest(
        rounds: arena.rounds,
        ours: { _ in try arena.runRemora(["check", "--json", copy] + options) },
        reference: { _ in try arena.runGit(["-C", copy, "fsck", "--no-progress", "--no-dangling"] + reference) })
    }
    let full = try contest(["--full"], ["--full"])
    let again = try contest([], ["--full"])
    let connectivity = try contest([], ["--connectivity-only"])
    arena.remove(copy)
    return [
      full.time(goal: Goal.objectCheck, "first, beside --full"),
      again.time(goal: nil, "again, beside --full"),
      connectivity.time(goal: nil, "again, beside --connectivity-only"),
      full.memory(goal: nil, "peak memory"),
    ]
  }
}
