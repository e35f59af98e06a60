import DurableFiles
import Foundation
import GitTransport
import Housekeeping
import Mirroring
import Synchronization
import SystemPackage
import TestSupport
import WorkerPool

/// Copies that were updated often.
extension BenchmarkCase {
  private static let updates = 5_000
  /// Updates by whole processes, at the beginning and at the end.
  private static let measured = 10

  /// One of the three copies that follow.
  private struct Follower {
    let place: String
    var first = Contest.Side()
    var last = Contest.Side()

    mutating func add(_ outcome: ProcessOutcome, isFirst: Bool) {
      if isFirst { first.add(outcome, isCounted: true) } else { last.add(outcome, isCounted: true) }
    }

    /// Packs and bytes of objects; loose ones count with the bytes.
    func size() throws -> (packs: Double, megabytes: Double) {
      let objects = place + "/objects"
      let names = try TemporaryDirectory.files(below: objects)
      let bytes = try names.reduce(0) { sum, name in
        try sum + (RealFileSystem().status(of: FilePath(objects).pushing(FilePath(name)))?.size ?? 0)
      }
      return (Double(names.count { $0.hasSuffix(".idx") }), Double(bytes) / 1_000_000)
    }
  }

  /// An update a minute. The copy without housekeeping gets the packs of the other, each as its run left it: 5,000 runs
  /// with ever more packs would take an hour. All but the first and last ten by runs in this process, under a clock
  /// that says so.
  static func manyUpdates(_ arena: Arena) throws -> [Figure] {
    let source = try UpdatedSource(arena, named: "updated.git", updates: updates + measured)
    var kept = Follower(place: arena.freshPath("kept"))
    var unkept = Follower(place: arena.freshPath("unkept"))
    var git = Follower(place: arena.freshPath("git"))
    _ = try arena.mirror(source.path, kept.place)
    _ = try arena.runGit(["clone", "-q", "--no-local", "--mirror", source.path, git.place])
    let transports = Transports(configuration: TransportConfiguration(environment: ChildProcess.isolatedEnvironment()))
    let start = Date().addingTimeInterval(-60 * Double(updates))
    var housekeeping: [Double] = []
    let everyPack = try PackCollection(of: kept.place, in: arena.freshPath("packs"))
    for number in 1...updates {
      try source.show(number)
      if number == updates - measured + 1 { try everyPack.makeUnkept(kept.place, at: unkept.place) }
      if number <= measured || number > updates - measured {
        let isFirst = number <= measured
        kept.add(try arena.mirror(source.path, kept.place), isFirst: isFirst)
        if isFirst { try everyPack.collect() }
        git.add(try arena.runGit(["-C", git.place, "fetch", "-q", "--prune"]), isFirst: isFirst)
        continue
      }
      let now = start.addingTimeInterval(60 * Double(number))
      let (request, outcome) = try source.mirror(into: kept.place, at: now, by: transports)
      try everyPack.collect()
      let upkeep = CopyMaintenance(
        budget: .seconds(60), freeBytesToKeep: 0,
        environment: HousekeepingEnvironment(now: { now }, variables: ChildProcess.isolatedEnvironment()))
      let clock = ContinuousClock.now
      let warnings = upkeep.afterRun(request, outcome, cancellation: CancellationFlag())
      housekeeping.append((ContinuousClock.now - clock) / .seconds(1))
      guard warnings.isEmpty else { throw BenchmarkFailure("housekeeping: \(warnings[0].message)") }
      _ = try arena.runGit(["-C", git.place, "fetch", "-q", "--prune"])
    }
    for follower in [kept, git] { try arena.expectEqual(follower.place, source.path) }
    for number in updates + 1...updates + measured {
      try source.show(number)
      unkept.add(
        try arena.runRemora(["mirror", "--json", "--maintenance", "0", source.path, unkept.place]), isFirst: false)
    }
    try arena.expectEqual(unkept.place, source.path)
    let layout = CopyLayout(root: FilePath(kept.place))
    let used = try PackInventory.usedCount(layout, through: RealFileSystem())
    let (ours, bare, theirs) = (try kept.size(), try unkept.size(), try git.size())
    return [
      Figure(
        detail: "next, to first ten", ours: kept.last.median, reference: kept.first.median,
        goal: .ratio(Goal.updateAfterMany)),
      Figure(detail: "next, unkept, to first ten", ours: unkept.last.median, reference: kept.first.median, goal: nil),
      Figure(detail: "next, git, to first ten", ours: git.last.median, reference: git.first.median, goal: nil),
      Figure(detail: "next, beside git", ours: kept.last.median, reference: git.last.median, goal: nil),
      Figure(
        unit: .packs, detail: "packs, beside git", ours: Double(used), reference: theirs.packs,
        goal: .atMost(Goal.packs)),
      Figure(unit: .packs, detail: "packs with waiting", ours: ours.packs, reference: bare.packs, goal: nil),
      Figure(unit: .megabytes, detail: "size, to unkept", ours: ours.megabytes, reference: bare.megabytes, goal: nil),
      Figure(
        unit: .megabytes, detail: "size, beside git", ours: ours.megabytes, reference: theirs.megabytes, goal: nil),
      Figure(
        unit: .milliseconds, detail: "upkeep an update",
        ours: housekeeping.reduce(0, +) / Double(housekeeping.count) * 1_000, reference: nil, goal: nil),
    ]
  }

  /// Returns the time that calls on the journal, the dropped log and their directories take, in runs by path.
  static func journalCost(_ arena: Arena) throws -> [Figure] {
    let count = 300
    let source = try UpdatedSource(arena, named: "journaled.git", updates: count)
    let copy = arena.freshPath("journaled")
    let transports = Transports(configuration: TransportConfiguration(environment: ChildProcess.isolatedEnvironment()))
    let layout = CopyLayout(root: FilePath(copy))
    let watched: Set<FilePath> = [
      layout.journal, layout.droppedLog, layout.own, layout.droppedLog.removingLastComponent(),
    ]
    struct Time {
      var begun: ContinuousClock.Instant?
      var spent = Duration.zero
    }
    let time = Mutex(Time())
    let files = WatchedFileSystem { _, path, isDone in
      guard watched.contains(path) else { return }
      time.withLock { time in
        if !isDone {
          time.begun = time.begun ?? .now
        } else if let begun = time.begun {
          time.spent += .now - begun
          time.begun = nil
        }
      }
    }
    _ = try source.mirror(into: copy, at: Date(), by: transports)
    for number in 1...count {
      try source.show(number)
      _ = try source.mirror(into: copy, at: Date(), by: transports, through: files)
    }
    let spent = time.withLock { $0.spent }
    return [
      Figure(
        unit: .milliseconds, ours: spent / .milliseconds(1) / Double(count), reference: nil,
        goal: .atMost(Goal.journalMilliseconds))
    ]
  }
}
