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
  /// How long to wait before a listing that deletes most refs is believed.
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
    var lost: Set<ObjectID> = []
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
      } catch let error as TransportError where Self.mayHaveMoved(error) {
        let before = session.view
        try reconnect()
        // The same refs again: the source refuses us for a reason of its own.
        guard session.view != before || error.code == .wantedObjectMissing else { throw error }
        if session.view == before, let oid = error.missingObject, lost.count < Self.lostTips {
          lost.insert(oid)
        } else if listings < Self.listings {
          listings += 1
        } else {
          throw MirrorError(
            .sourceBusy,
            "mirror '\(update.configuration.source)': its refs moved between each of \(listings) listings and the fetch",
            hint: "run again when it is quieter")
        }
      }
    }
  }

  /// Objects that were listed and are gone are "not our ref" when the server looks for them first, and an error in the
  /// server's own words when it is already packing ("aborting due to possible repository corruption", git 2.39).
  private static func mayHaveMoved(_ error: TransportError) -> Bool {
    error.code == .wantedObjectMissing || error.code == .serverRefused
  }

  private mutating func reconnect() throws {
    close()
    session = try update.run.connect()
  }

  private mutating func fetch(_ goal: inout MirrorGoal) throws {
    guard !goal.plan.wants.isEmpty else { return }
    let haves = try haves(for: goal.plan)
    do {
      try fetch(&goal, haves: haves)
    } catch let missing as ConnectivityCheck.Missing {
      // The source sent what was asked, yet something is missing: so what we said we had is not whole.
      guard !haves.isEmpty else { throw incomplete(missing) }
      try reconnect()
      do {
        try fetch(&goal, haves: [])
      } catch let missing as ConnectivityCheck.Missing {
        throw incomplete(missing)
      }
    }
  }

  private func haves(for plan: RefPlan) throws -> [ObjectID] {
    let tips = plan.haves(of: contents.refs, most: Self.maximumHaves, others: Self.enoughHaves)
    let replaced = plan.changes.lazy.compactMap(\.old)
    guard !replaced.isEmpty else { return tips }
    let objects = try ObjectDatabase(objectsDirectory: update.layout.objects.string)
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
    try session.download(goal.plan.wants, haves: haves, into: reception)
    bytes += reception.bytes
    let pack = try reception.finish()
    objects += pack?.objectCount ?? 0
    run.environment.passing(.checking)
    let database = try ObjectDatabase(objectsDirectory: layout.objects.string)
    if let pack { try database.addPack(indexPath: pack.indexPath) }
    var check = ConnectivityCheck(
      objects: database, pack: try pack.map { try PackContents(indexPath: FilePath($0.indexPath)) } ?? PackContents(),
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
      try staging.publish(pack)
    }
  }
}
