import TestSupport

/// One thing to measure.
struct BenchmarkCase: Sendable {
  let name: String
  let title: String
  let run: @Sendable (Arena) throws -> [Figure]

  /// Largest wanted ratios, and megabytes.
  enum Goal {
    /// Beside a git whose connections are shared there is none.
    static func unchangedSweep(_ reach: Arena.Reach) -> Double? {
      switch reach {
      case .path, .http: 0.15
      case .ssh: 0.1
      case .sharedSSH: nil
      }
    }

    static func firstCopyOfMany(_ reach: Arena.Reach) -> Double? {
      switch reach {
      case .path, .http: 0.5
      case .ssh: 0.4
      case .sharedSSH: nil
      }
    }

    static let refHeavy = 0.5
    static let bigPack = 1.8
    static let objects = 1.0
    static let megabytes = 150.0
    static let checksum = 0.2
    static let openSeconds = 3.0
    static let bytesOfEntry = 400.0
    static let changesPerSecond = 20_000.0
    static let pauseMilliseconds = 50.0
    static let listPageMilliseconds = 50.0
    static let pushMedian = 100.0
    static let pushNinetyNinth = 400.0
    static let backfill = 0.6
    static let idlePercent = 1.0
    static let updateAfterMany = 1.2
    static let packs = 60.0
    static let journalMilliseconds = 2.0
    static let objectCheck = 0.8
    static let faceMilliseconds = 50.0
    static let watchedLag = 1.05
  }

  static let all: [BenchmarkCase] =
    Arena.Reach.usual.flatMap { reach in
      [
        BenchmarkCase(name: "unchanged-20k-refs-\(reach)", title: "nothing changed, 20,000 refs, by \(reach)") {
          try unchanged(reach, $0)
        },
        BenchmarkCase(name: "unchanged-sweep-500-\(reach)", title: "nothing changed in 500 repositories, by \(reach)") {
          try unchangedSweep(reach, $0)
        },
        BenchmarkCase(name: "first-copy-500-\(reach)", title: "first copies of 500 repositories, by \(reach)") {
          try firstCopies(reach, $0)
        },
        BenchmarkCase(name: "first-copy-20k-refs-\(reach)", title: "first copy, 20,000 refs, by \(reach)") {
          let source = try $0.manyRefs()
          return [try firstCopy(of: source.path, "many-refs.git", reach, $0).time(goal: Goal.refHeavy)]
        },
        BenchmarkCase(name: "first-copy-big-\(reach)", title: "first copy, 160,000 objects in 80 MB, by \(reach)") {
          let name = try $0.bigHistory()
          return [try firstCopy(of: try $0.address(name, by: .path), name, reach, $0).time(goal: Goal.bigPack)]
        },
        BenchmarkCase(name: "update-31-of-20k-\(reach)", title: "31 new objects, 20,000 refs, by \(reach)") {
          try update(reach, $0)
        },
        BenchmarkCase(name: "force-pushed-400-\(reach)", title: "400 branches rewritten, objects and time, by \(reach)")
        {
          try forcePushed(reach, $0)
        },
        BenchmarkCase(name: "delete-2000-of-20k-\(reach)", title: "2,000 of 20,000 refs deleted, by \(reach)") {
          try delete(reach, $0)
        },
      ]
    }
    + Arena.Reach.secure.flatMap { reach in
      [
        BenchmarkCase(
          name: "unchanged-sweep-500-\(reach.rawValue)",
          title: "nothing changed in 500 repositories, by \(reach.rawValue)"
        ) {
          try unchangedSweep(reach, $0)
        },
        BenchmarkCase(
          name: "first-copy-500-\(reach.rawValue)", title: "first copies of 500 repositories, by \(reach.rawValue)"
        ) {
          try firstCopies(reach, $0)
        },
      ]
    } + [
      BenchmarkCase(name: "memory", title: "largest resident set of remora and of git, over HTTP") { try memory($0) },
      BenchmarkCase(name: "checksum-1m-refs", title: "checksum of 1,000,000 refs, beside git's listing and sha256sum") {
        try checksum($0)
      },
      BenchmarkCase(name: "registry-1m", title: "a registry of 1,000,000 entries") { try registry($0) },
      BenchmarkCase(name: "event-log", title: "appends, and a replay of 1,000,000 events") { try eventLog($0) },
      BenchmarkCase(name: "catalog-100k", title: "the catalog of 100,000 repositories") { try catalog($0) },
      BenchmarkCase(
        name: "push-latency", title: "500 pushes, each until its copy is verified, beside git push and fetch"
      ) {
        try pushLatency($0)
      },
      BenchmarkCase(name: "push-sustained", title: "2,000 changes over 100 repositories") { try sustained($0) },
      BenchmarkCase(name: "backfill-1000", title: "first copies of 1,000 repositories by two agents, beside git clone")
      {
        try backfill($0)
      },
      BenchmarkCase(name: "idle-10k", title: "two agents with 10,000 repositories and nothing to do") { try idle($0) },
      BenchmarkCase(name: "first-start-100k", title: "the first start of a primary with 100,000 repositories") {
        try firstStart($0)
      },
      BenchmarkCase(
        name: "faces-100k",
        title: "status, metrics, lists, GraphQL and pages of 100,000 entries in each of two kinds, for 20 readers"
      ) {
        try faces($0)
      },
      BenchmarkCase(
        name: "updates-5000",
        title: "5,000 updates of a commit each: the next one, packs, bytes, beside git's own upkeep"
      ) {
        try manyUpdates($0)
      },
      BenchmarkCase(name: "check-160k", title: "object check of 160,000 objects, beside git fsck") {
        try objectCheck($0)
      },
      BenchmarkCase(name: "journal-update", title: "what journal and dropped log cost an update") {
        try journalCost($0)
      },
    ]
}
