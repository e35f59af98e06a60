internal import DurableFiles
internal import Git
internal import GitTransport
internal import GitValues
internal import RefStore
internal import SystemPackage

/// Brings one copy, whose owner lock is held, to what a session lists.
struct CopyUpdate {
  let run: MirrorRun
  let layout: CopyLayout
  /// What the copy's configuration is to say.
  let configuration: CopyConfiguration
  /// What it says now; `nil` when the copy is not ours yet.
  let recorded: CopyConfiguration?

  init(
    _ run: MirrorRun, _ layout: CopyLayout, _ configuration: CopyConfiguration, recorded: CopyConfiguration?
  ) {
    self.run = run
    self.layout = layout
    self.configuration = configuration
    self.recorded = recorded
  }

  var files: any FileSystemPort { run.files }

  /// The outcome when a source lists exactly what the last run left and nothing touched the copy since; else `nil`.
  func unchanged(_ view: RefView, since state: CopyState) -> MirrorOutcome? {
    guard view.broken.isEmpty, let old = HeadLine(text: state.head),
      let head = (HeadLine(view, unlessKnown: old) ?? old).head
    else { return nil }
    let listed = RefView(head: head, refs: configuration.exclusion.applied(to: view.refs))
    guard RefsChecksum.sha256.digest(of: listed) == state.checksum else { return nil }
    var outcome = MirrorOutcome(status: .unchanged)
    outcome.refs.total = state.refs
    outcome.head = view.head == .unknown ? head : view.head
    outcome.headIsUnknown = view.head == .unknown
    outcome.checksum = state.checksum
    return outcome
  }

  /// Returns the outcome that a run would have; writes nothing.
  func compare(_ session: any SourceSession, with contents: CopyContents) -> MirrorOutcome {
    let goal = MirrorGoal(session.view, exclusion: configuration.exclusion, contents: contents)
    var outcome = MirrorOutcome(status: .unchanged)
    if contents.files == nil { outcome.status = .cloned } else if goal.isReached == false { outcome.status = .updated }
    outcome.refs = goal.plan.counts
    outcome.head = session.view.head
    outcome.headIsUnknown = session.view.head == .unknown
    goal.note(in: &outcome)
    return outcome
  }

  /// Rewrites the copy's configuration. Only after the fetch, so that a failing source changes nothing, and before refs
  /// change, so that gc keeps the objects that they drop.
  private func recordConfiguration() throws {
    guard recorded != configuration else { return }
    let existing = try files.contents(of: layout.configuration, limit: 1 << 20) ?? []
    try files.replaceFile(
      layout.configuration, with: configuration.replacing(in: existing), permissions: .ownerReadWriteGroupOtherRead)
  }

  /// Fetches missing objects, checks them, changes refs and HEAD, and records the result.
  ///
  /// A failure before the ref change removes the fetched objects.
  func bring(to first: any SourceSession, from contents: CopyContents) throws -> MirrorOutcome {
    var fetch = try ObjectFetch(self, first, contents)
    defer { fetch.close() }
    var announced: RefJournalEntry?
    do {
      return try bring(&fetch, from: contents, announcing: &announced)
    } catch {
      // What cannot be read counts as changed: then objects may be needed.
      let hasChanged = announced.map { (try? $0.tookEffect(in: layout, through: files)) ?? true } ?? false
      if !hasChanged { fetch.retract() }
      throw error
    }
  }

  private func bring(
    _ fetch: inout ObjectFetch, from contents: CopyContents, announcing announced: inout RefJournalEntry?
  ) throws -> MirrorOutcome {
    let goal = try fetch.fetchUntilSettled()
    if !contents.isWhole { try checkRepair(goal, fetch) }
    // From here on little remains to be done, and all of it belongs together.
    try run.checkTime()
    try recordConfiguration()
    var outcome = MirrorOutcome(status: .unchanged)
    if !goal.isReached {
      outcome.status = .updated
      try change(contents, to: goal, announcing: &announced)
    }
    refreshServerInfo(&outcome)
    outcome.refs = goal.plan.counts
    outcome.objects = fetch.objects
    outcome.bytes = fetch.bytes
    outcome.warnings += fetch.warnings
    outcome.headIsUnknown = goal.head == nil || goal.view.head == .unknown
    let line = goal.head ?? contents.headLine ?? .initial
    outcome.head = goal.view.head == .unknown ? line.head ?? .unknown : goal.view.head
    outcome.checksum = try remember(goal, line)
    goal.note(in: &outcome)
    return outcome
  }

  /// The refs have changed: a failure here is no failure of the run.
  private func refreshServerInfo(_ outcome: inout MirrorOutcome) {
    do {
      try ServerInfo(layout, through: files).refresh()
    } catch {
      outcome.warnings.append(
        .init(code: "server_info_stale", message: "\(error); run 'git update-server-info' in the copy"))
    }
  }

  /// Sees that a repository that lacked something has everything now.
  private func checkRepair(_ goal: MirrorGoal, _ fetch: ObjectFetch) throws {
    let check = TakeoverCheck(run: run, layout: layout)
    for pack in try fetch.publishedContents() { try check.removeDamagedLooseObjects(in: pack) }
    guard let fault = try check.fault(below: goal.plan.target.map(\.oid)) else { return }
    throw MirrorError(
      .destinationDamaged, "take over '\(layout.root)': \(fault), although the source has sent everything",
      hint: "move it aside and mirror again")
  }

  /// The steps that must not be in another order; see `RefTransaction` for what a crash between two of them leaves.
  private func change(
    _ contents: CopyContents, to goal: MirrorGoal, announcing announced: inout RefJournalEntry?
  ) throws {
    let environment = run.environment
    try ForeignLocks(run: run, layout: layout).wait()
    let staging = PackStaging(layout: layout, files: files)
    if try files.status(of: layout.staging) == nil { try staging.prepare() }
    run.report(.publishing(refs: goal.plan.changes.count))
    let bytes = PackedRefs.serialize(goal.plan.target)
    let writesRefs = !goal.plan.changes.isEmpty || contents.hasStrays || contents.needsRewriting
    let folded = contents.hasStrays ? PackedRefs.serialize(contents.refs) : nil
    let published =
      writesRefs ? bytes : try files.contents(of: layout.packedRefs, limit: CopyLayout.maximumFileBytes) ?? []
    let newHead = goal.head.flatMap { $0 == contents.headLine ? nil : $0 }
    let now = environment.now()
    let entry = RefJournalEntry(
      id: RefJournalEntry.newID(at: now), time: now, source: configuration.source, oldHead: contents.oldHead,
      newHead: goal.head.flatMap { $0 == contents.oldHead ? nil : $0 },
      packedRefsDigest: RefTransaction.digest(published),
      foldedDigest: folded.map(RefTransaction.digest), changes: goal.plan.changes)
    environment.passing(.journaling)
    let journal = RefJournal(layout, through: files)
    try journal.append(entry)
    announced = entry
    try DroppedLog(layout, through: files).append(try dropped(contents, goal), at: now)
    var status = contents.files?.packedStatus
    if let read = contents.files {
      let folding = LooseRefPacking(layout: layout, environment: environment, cancellation: run.cancellation)
      if let folded {
        status = try folding.fold(read, into: folded)
      } else {
        try folding.removeEmptyDirectories(read.loose)
      }
    }
    let transaction = RefTransaction(layout: layout, files: files)
    if writesRefs {
      environment.passing(.changingRefs)
      try transaction.publishPackedRefs(bytes, expecting: status)
    }
    if let newHead {
      environment.passing(.changingHead)
      try transaction.publishHead(newHead)
    }
    environment.passing(.finishing)
    // The change has happened. If the disk is full for this line, the next run learns the same from packed-refs.
    try? journal.complete(entry.id, at: now)
  }

  /// The tips that the history is to keep. Of a repository that lacked something only those that are whole: git's
  /// housekeeping fails on a reflog that leads to a missing object.
  private func dropped(
    _ contents: CopyContents, _ goal: MirrorGoal
  ) throws -> [(oid: ObjectID, name: ReferenceName)] {
    let dropped = goal.plan.dropped + goal.droppedOutsidePlan
    guard !contents.isWhole else { return dropped }
    let check = TakeoverCheck(run: run, layout: layout)
    return try dropped.filter { try check.fault(below: [$0.oid]) == nil }
  }

  /// Saves the checksum with its stamps, and removes staging.
  private func remember(_ goal: MirrorGoal, _ line: HeadLine) throws -> String? {
    defer {
      // Left over, it costs the next run a sweep, nothing else.
      try? PackStaging(layout: layout, files: files).remove()
    }
    guard let head = line.head else { return nil }
    let checksum = RefsChecksum.sha256.digest(of: RefView(head: head, refs: goal.plan.target))
    var state = CopyState(
      source: configuration.source, checksum: checksum, head: line.text, refs: goal.plan.target.count,
      exclude: configuration.exclusion.rules)
    try state.stamp(layout, through: files)
    // Without the state the next run reads everything; the copy itself is complete.
    if try CopyState.loadIfCurrent(layout, through: files) != state { try? state.save(layout, through: files) }
    return checksum
  }
}
