internal import DurableFiles
internal import Git
internal import GitTransport
internal import GitValues
internal import SystemPackage
internal import WorkerPool

/// Gets the objects that a goal needs into the copy, however much the source moves meanwhile.
struct ObjectFetch {
  private let update: CopyUpdate
  private let contents: CopyContents
  private var session: any SourceSession
  private let firstSession: any SourceSession
  private(set) var objects = 0
  private(set) var bytes = 0
  private(set) var warnings: [MirrorOutcome.Warning] = []
  /// Packs that this run has put into the copy and that were not there before.
  private var published: [IndexedPack] = []
  /// The names in the copy's pack directory before the first of them.
  private var packsBefore: Set<String> = []
  /// Bytes of pack that came in the newest attempt.
  private var attemptBytes = 0

  init(_ update: CopyUpdate, _ session: any SourceSession, _ contents: CopyContents) throws {
    self.update = update
    self.session = session
    firstSession = session
    self.contents = contents
  }

  /// How often a source that moved is listed again before it is called busy (contract § 1).
  private static let listings = 3
  /// How many tips that a source lists but cannot send are set aside, one listing each.
  private static let lostTips = 20
  /// Haves of replaced tips in one request: about 200 KB. More say little that these do not say.
  private static let maximumHaves = 4_096
  /// With so many haves, tips that do not move are named no more: git itself stops at 256. Measured by path with 20,000
  /// refs of which 31 move, the whole run: 0.20 s with 4,096 haves, 0.15 s with 256, the same objects.
  private static let enoughHaves = 256
  /// How long to wait before a listing that deletes most refs is confirmed by a second one.
  private static let secondLook = Duration.seconds(2)

  /// Ends the newest connection; the first one belongs to the caller.
  func close() {
    if session !== firstSession { session.close() }
  }

  /// Lists again where needed, fetches, checks and publishes objects.
  ///
  /// - Returns: a goal whose every object the copy has.
  mutating func fetchUntilSettled() throws -> MirrorGoal {
    var listings = 0
    var lost: [ObjectID: String] = [:]
    var isDeletionConfirmed = false
    while true {
      var goal = MirrorGoal(
        session.view, exclusion: update.configuration.exclusion, contents: contents, lost: lost)
      if goal.plan.isMassDeletion(of: contents.refs.count) {
        if !isDeletionConfirmed {
          isDeletionConfirmed = true
          try update.run.environment.pause(Self.secondLook, update.run.cancellation)
          try reconnect()
          continue
        }
        let deleted = goal.plan.counts.deleted
        warnings = [
          .init(
            code: "mass_ref_deletion",
            message: """
              \(deleted) of \(contents.refs.count) refs are gone from the source or left out by the rules; the journal \
              keeps them (remora history)
              """)
        ]
      } else {
        warnings = []
      }
      do {
        try fetch(&goal)
        return goal
      } catch let error as TransportError where Self.mayHaveMoved(error) || mayBeUnreadable(error) {
        let before = session.view
        try reconnect()
        if session.view == before {
          // The same refs again.
          if let oid = error.missingObject, lost.count < Self.lostTips {
            lost[oid] = TipReadability.reason(of: error)
            continue
          }
          if error.code != .wantedObjectMissing {
            for oid in try unreadableTips(of: goal.plan, besides: lost, after: error) {
              lost[oid] = TipReadability.unreadable
            }
            continue
          }
        } else if !Self.mayHaveMoved(error) {
          throw error
        }
        guard listings < Self.listings else {
          throw MirrorError(
            .sourceBusy,
            "mirror '\(update.configuration.source)': its refs moved between each of \(listings) listings and the fetch",
            hint: "run again when it is quieter")
        }
        listings += 1
      }
    }
  }

  /// Objects that were listed and are gone are "not our ref" when the server looks for them first, and an error in the
  /// server's own words when it is already packing ("aborting due to possible repository corruption", git 2.39).
  private static func mayHaveMoved(_ error: TransportError) -> Bool {
    error.code == .wantedObjectMissing || error.code == .serverRefused
  }

  /// Whether the server may have died of an unreadable object: it reports that, or closes the connection before the
  /// first byte of the pack.
  private func mayBeUnreadable(_ error: TransportError) -> Bool {
    attemptBytes == 0 && error.mayBeUnreadableObject
  }

  /// - Throws: the error itself where it is unknown on which tips the server died.
  private mutating func unreadableTips(
    of plan: RefPlan, besides lost: [ObjectID: String], after error: TransportError
  ) throws -> [ObjectID] {
    guard mayBeUnreadable(error) else { throw error }
    let haves = try haves(for: plan)
    // `self` cannot be changed inside of a closure that is stored.
    var current = session
    let (run, first) = (update.run, firstSession)
    let probe = TipProbe { wants in
      let used = current
      defer { if used !== first { used.close() } }
      var isSent = true
      do {
        try used.download(Array(wants), haves: haves, into: FirstByte())
      } catch is FirstByte.Arrived {
        isSent = true
      } catch let error as TransportError where error.isEarlyEnd || Self.mayHaveMoved(error) {
        isSent = false
      }
      current = try run.connect()
      return isSent
    }
    defer { session = current }
    let wanted = Set(plan.wants)
    let control = session.view.refs.lazy.map(\.oid).first { !wanted.contains($0) && lost[$0] == nil }
    let found = try probe.unreadable(among: plan.wants, atMost: Self.lostTips, control: control)
    guard !found.isEmpty else { throw error }
    return found
  }

  private mutating func reconnect() throws {
    close()
    session = try update.run.connect()
  }

  private mutating func fetch(_ goal: inout MirrorGoal) throws {
    attemptBytes = 0
    guard !goal.plan.wants.isEmpty else { return }
    let haves = try haves(for: goal.plan)
    do {
      do {
        try fetch(&goal, haves: haves)
      } catch  where !haves.isEmpty && Self.mayComeWithoutHaves(error) {
        try reconnect()
        try fetch(&goal, haves: [])
      }
    } catch let missing as ConnectivityCheck.Missing {
      throw incomplete(missing)
    }
  }

  /// Whether a failure cannot occur with a pack without any base in the copy.
  ///
  /// The source sent the requested objects, but some are missing or damaged: so the copy's haves are incomplete. Or it
  /// sent a thin pack, which was not requested.
  private static func mayComeWithoutHaves(_ error: any Error) -> Bool {
    if error is ConnectivityCheck.Missing { return true }
    guard let error = error as? GitError else { return false }
    return error.code == .packThin || error.code == .objectCorrupt
  }

  private func haves(for plan: RefPlan) throws -> [ObjectID] {
    guard contents.isWhole else { return [] }
    let tips = plan.haves(of: contents.refs, most: Self.maximumHaves, others: Self.enoughHaves)
    let replaced = plan.changes.lazy.compactMap(\.old)
    guard !replaced.isEmpty else { return tips }
    let objects = try ObjectDatabase(objectsDirectory: update.layout.objects.pathText)
    let named = Set(tips)
    return tips + (try AncestorSample.take(from: replaced, in: objects)).filter { !named.contains($0) }
  }

  private func incomplete(_ missing: ConnectivityCheck.Missing) -> MirrorError {
    let needer = missing.neededBy.map { ", which \($0) needs" } ?? ""
    return MirrorError(
      .sourceIncomplete,
      "mirror '\(update.configuration.source)': the source did not send object \(missing.oid)\(needer)",
      hint: "look at the source with 'git fsck'; the copy is as it was")
  }

  private mutating func fetch(_ goal: inout MirrorGoal, haves: [ObjectID]) throws {
    let run = update.run
    let layout = update.layout
    let staging = PackStaging(layout: layout, files: run.files)
    try staging.prepare()
    let reception = try PackReception(run, into: layout)
    run.report(.requesting)
    defer { attemptBytes = reception.bytes }
    try session.download(goal.plan.wants, haves: haves, into: reception)
    bytes += reception.bytes
    let pack = try reception.finish()
    objects += pack?.objectCount ?? 0
    run.environment.passing(.checking)
    let database = try ObjectDatabase(objectsDirectory: layout.objects.pathText)
    if let pack { try database.addPack(indexPath: pack.indexPath) }
    var check = ConnectivityCheck(
      objects: database,
      pack: try pack.map { try PackContents(indexPath: FilePath(pathText: $0.indexPath)) } ?? PackContents(),
      oldTips: goal.plan.hadTips
    ) { count in
      try run.checkTime()
      run.report(.checking(objects: count))
    }
    try check.check(goal.plan.wants)
    goal.plan.setPeeled(check.peeled)
    // A small pack is checked without a single question on the way.
    try run.checkTime()
    if let pack {
      run.environment.passing(.publishingPack)
      if published.isEmpty { packsBefore = try names(in: layout.packs) }
      if try staging.publish(pack) { published.append(pack) }
    }
  }

  private func names(in directory: FilePath) throws -> Set<String> {
    Set(try update.run.files.entries(of: directory).map(\.name.string))
  }

  /// Takes the packs of a run that failed back, so that failing runs do not fill the disk.
  ///
  /// Only where nothing has gone from the copy's pack directory since: a `git repack` meanwhile may rely on them.
  func retract() {
    guard !published.isEmpty else { return }
    let staging = PackStaging(layout: update.layout, files: update.run.files)
    // The error that led here is the one to report; a pack that stays only takes room.
    guard let now = try? names(in: update.layout.packs), packsBefore.isSubset(of: now) else { return }
    for pack in published { try? staging.retract(pack) }
  }

  /// What the published packs hold, for a copy that was taken over and lacked something.
  func publishedContents() throws -> [PackContents] {
    try published.map { pack in
      guard let name = FilePath(pathText: pack.indexPath).lastComponent else {
        preconditionFailure("an index has a name")
      }
      return try PackContents(indexPath: update.layout.packs.appending(name))
    }
  }
}

/// Selects ancestors of tips that will be replaced, to send as haves in addition to the tips.
///
/// A server that has pruned a force-pushed tip still has the merge base of the two histories. With tips alone the whole
/// history would be fetched again. Objects reachable from a ref are as complete as the ref's own object, so these haves
/// claim no more than the tips do.
enum AncestorSample {
  /// Walks from at most so many tips: those of the newest force-push matter, not all of a thousand.
  private static let tips = 64
  /// The maximum depth of the walk. git itself gives up after 256 haves that the server does not have.
  private static let depth = 4_096
  /// Every commit up to here, then ever fewer: each next one is an eighth further back than the one before.
  private static let dense = 32

  /// In the order of the walk, newest first; none for tips that are no commits.
  ///
  /// - Throws: `GitError` when the copy's own history cannot be read.
  static func take(from oids: some Sequence<ObjectID>, in objects: ObjectDatabase) throws -> [ObjectID] {
    let walk = try RevisionWalk(objects)
    var pushed = 0
    for oid in oids where pushed < tips {
      guard try objects.header(of: oid)?.type == .commit else { continue }
      try walk.push(oid)
      pushed += 1
    }
    guard pushed > 0 else { return [] }
    var sample: [ObjectID] = []
    var position = 0
    var next = 0
    while position < depth, let oid = try walk.next() {
      if position == next {
        sample.append(oid)
        next = position < dense ? position + 1 : position + position / 8
      }
      position += 1
    }
    return sample
  }
}
