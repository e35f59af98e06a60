internal import GitValues
internal import RefStore

/// What a copy must become, from one listing of its source: the ref plan, HEAD, and what the source could not show.
struct MirrorGoal {
  let view: RefView
  var plan: RefPlan
  /// The required content of HEAD; `nil` when the source did not send it, or its HEAD is broken.
  let head: HeadLine?
  /// Refs that the source shows but that cannot be copied; the copy keeps its values of them.
  let broken: [BrokenRef]
  /// Nothing to do.
  let isReached: Bool
  /// Tips that the copy loses beside those of the plan: what its HEAD held itself, a packed value that a stray hid, a
  /// stray under a name that no ref can have.
  let droppedOutsidePlan: [(oid: ObjectID, name: ReferenceName)]

  /// - Parameter lost: tips that the source lists but cannot send, with the reason.
  init(_ view: RefView, exclusion: RefExclusion, contents: CopyContents, lost: [ObjectID: String] = [:]) {
    var broken = view.broken.filter { broken in
      broken.name == .head || !broken.name.bytes.withUnsafeBytes { exclusion.excludes($0) }
    }
    var listed = exclusion.applied(to: view.refs)
    if !lost.isEmpty {
      var kept = RefListing()
      for entry in listed {
        if let reason = lost[entry.oid] {
          broken.append(BrokenRef(name: entry.name, reason: reason))
        } else {
          kept.append(name: entry.name, oid: entry.oid, peeled: entry.peeled)
        }
      }
      listed = kept
      if case .detached(let oid) = view.head, let reason = lost[oid] {
        broken.append(BrokenRef(name: .head, reason: reason))
      }
    }
    plan = Self.plan(&listed, &broken, contents)
    let isHeadBroken = broken.contains { $0.name == .head }
    head = isHeadBroken ? nil : HeadLine(view, unlessKnown: contents.headLine)
    if case .detached(let oid) = view.head, !isHeadBroken { plan.wantUnlessHad(oid) }
    self.view = view
    self.broken = broken
    isReached =
      contents.files != nil && plan.changes.isEmpty && plan.wants.isEmpty && !contents.hasStrays
      && !contents.needsRewriting && (head == nil || head == contents.headLine)
    droppedOutsidePlan = Self.droppedOutsidePlan(contents, head: head, target: plan.target)
  }

  /// Returns the plan for the listed refs, without names that conflict in any repository, none of which is trusted.
  /// Names that the copy keeps count as well, so the check is repeated after each finding.
  private static func plan(_ listed: inout RefListing, _ broken: inout [BrokenRef], _ contents: CopyContents) -> RefPlan
  {
    while true {
      let plan = RefPlan(
        current: contents.refs, listed: listed, keeping: Set(broken.map(\.name)), head: contents.detachedHead,
        isWhole: contents.isWhole)
      let conflicts = BrokenRef.conflicts(in: plan.target).filter { conflict in
        listed.index(of: conflict.name) != nil
      }
      guard !conflicts.isEmpty else { return plan }
      broken += conflicts
      listed = listed.without(conflicts.map(\.name))
    }
  }

  private static func droppedOutsidePlan(_ contents: CopyContents, head: HeadLine?, target: RefListing) -> [(
    oid: ObjectID, name: ReferenceName
  )] {
    var dropped: [(oid: ObjectID, name: ReferenceName)] = []
    if let oid = contents.detachedHead, head != nil, head != contents.headLine { dropped.append((oid, .head)) }
    if let files = contents.files {
      for stray in files.loose.irregular {
        if case .direct(let oid) = stray.value { dropped.append((oid, stray.name)) }
      }
      for stray in files.loose.entries {
        if let hidden = files.packed.refs.oid(of: stray.name) { dropped.append((hidden, stray.name)) }
      }
    }
    guard !dropped.isEmpty else { return [] }
    let held = Set(target.map(\.oid))
    return dropped.filter { !held.contains($0.oid) }
  }

  /// Reports broken refs: everything else was synced, but the run did not do what it was asked.
  func note(in outcome: inout MirrorOutcome) {
    guard !broken.isEmpty else { return }
    let shown = broken.prefix(5).map { "'\($0.name)' (\($0.reason))" }.joined(separator: ", ")
    let more = broken.count > 5 ? " and \(broken.count - 5) more" : ""
    outcome.status = .failed
    outcome.error = MirrorError(
      .sourceBrokenRefs, "mirror: the source has broken refs: \(shown)\(more)",
      hint: "repair them at the source; all other refs are synced and the copy's values of these are kept")
  }
}
