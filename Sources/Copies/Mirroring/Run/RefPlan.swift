package import GitValues

/// What must happen to a copy's refs so that they equal a listing: a pure comparison of two listings.
package struct RefPlan: Sendable {
  /// Every ref of the copy after the change. Peeled values are set where the copy already has them.
  package private(set) var target = RefListing()
  /// Indices into `target` whose peeled value must be found out, because the oid is new to the copy.
  package private(set) var unpeeled: [Int] = []
  package private(set) var changes: [RefChange] = []
  package private(set) var counts = MirrorOutcome.RefCounts()
  /// Tips that no ref of the copy has, each once. "Had" means that a ref of the copy points at it, not that the object
  /// database happens to contain it: what no ref reaches may be incomplete.
  package private(set) var wants: [ObjectID] = []
  private var wanted: Set<ObjectID> = []
  private let had: PeeledTips

  /// - Parameters:
  ///   - current: the copy's refs, with peeled values where they can be trusted.
  ///   - listed: the source's refs, without excluded and broken ones.
  ///   - kept: names whose values in the copy stay, because the source's are broken.
  ///   - head: the copy's detached HEAD, which reaches objects as a ref does.
  ///   - isWhole: false when the copy lacks objects below its refs: then all tips are wanted.
  package init(
    current: RefListing, listed: RefListing, keeping kept: Set<ReferenceName> = [], head: ObjectID? = nil,
    isWhole: Bool = true
  ) {
    had = isWhole ? PeeledTips(current, and: head) : PeeledTips(RefListing(), and: nil)
    var here = 0
    var there = 0
    target.reserveCapacity(refs: listed.count, nameBytes: listed.count * 40)
    while here < current.count || there < listed.count {
      let order =
        here == current.count ? 1 : there == listed.count ? -1 : current.compareName(at: here, with: listed, at: there)
      if order < 0 {
        if !kept.isEmpty, kept.contains(current.name(at: here)) {
          keep(current, here)
        } else {
          changes.append(RefChange(name: current.name(at: here), old: current.oid(at: here), new: nil))
          counts.deleted += 1
        }
        here += 1
      } else if order > 0 {
        take(listed, there, replacing: nil)
        there += 1
      } else {
        if current.oid(at: here) == listed.oid(at: there) {
          if isWhole { keep(current, here) } else { place(listed, there) }
        } else {
          take(listed, there, replacing: current.oid(at: here))
        }
        here += 1
        there += 1
      }
    }
    counts.total = target.count
  }

  private mutating func keep(_ current: RefListing, _ index: Int) {
    current.withName(at: index) {
      target.append(name: $0, oid: current.oid(at: index), peeled: current.peeled(at: index))
    }
  }

  private mutating func take(_ listed: RefListing, _ index: Int, replacing old: ObjectID?) {
    changes.append(RefChange(name: listed.name(at: index), old: old, new: listed.oid(at: index)))
    if old == nil { counts.created += 1 } else { counts.updated += 1 }
    place(listed, index)
  }

  /// Puts a ref of the source into the target, and its oid among the wants unless the copy has it.
  private mutating func place(_ listed: RefListing, _ index: Int) {
    let oid = listed.oid(at: index)
    let known = had.contains(oid)
    listed.withName(at: index) { target.append(name: $0, oid: oid, peeled: known ? had.peeled(of: oid) : nil) }
    if !known {
      unpeeled.append(target.count - 1)
      want(oid)
    }
  }

  /// Adds a tip that is no ref (a detached HEAD) to the wants, unless a ref of the copy has it.
  package mutating func wantUnlessHad(_ oid: ObjectID) {
    if !had.contains(oid) { want(oid) }
  }

  private mutating func want(_ oid: ObjectID) {
    if wanted.insert(oid).inserted { wants.append(oid) }
  }

  /// What the copy has with all that it reaches: the tips of its refs, and its detached HEAD.
  var hadTips: Set<ObjectID> { had.tips }

  /// Sets the peeled values of the tips that were new.
  package mutating func setPeeled(_ peeled: [ObjectID: ObjectID]) {
    for index in unpeeled { target.setPeeled(peeled[target.oid(at: index)], at: index) }
    unpeeled = []
  }

  /// The old values that no ref has any more, each once with the first ref that let it go.
  package var dropped: [(oid: ObjectID, name: ReferenceName)] {
    let old = changes.filter { $0.old != nil }
    guard !old.isEmpty else { return [] }
    let held = Set((0..<target.count).map { target.oid(at: $0) })
    var seen: Set<ObjectID> = []
    return old.compactMap { change in
      guard let oid = change.old, !held.contains(oid), seen.insert(oid).inserted else { return nil }
      return (oid, change.name)
    }
  }

  /// Returns the tips to send as haves: first the values that will be replaced or deleted, which are most likely near
  /// the wants, then the others.
  ///
  /// - Parameters:
  ///   - most: replaced values at most.
  ///   - others: how many haves there are before tips that stay are added no more. Each costs the server a look-up.
  package func haves(of current: RefListing, most: Int, others: Int) -> [ObjectID] {
    var haves: [ObjectID] = []
    var seen: Set<ObjectID> = []
    for change in changes where haves.count < most {
      if let old = change.old, seen.insert(old).inserted { haves.append(old) }
    }
    for index in 0..<current.count where haves.count < others {
      let oid = current.oid(at: index)
      if seen.insert(oid).inserted { haves.append(oid) }
    }
    return haves
  }

  /// More than half of more than 20 refs would go, or all of them: the sign of an accident or an attack (contract § 1).
  package func isMassDeletion(of currentCount: Int) -> Bool {
    counts.deleted > 0 && (counts.total == 0 || currentCount > 20 && counts.deleted * 2 > currentCount)
  }
}

/// The tips of a listing as a set, with the peeled values of those that are annotated tags.
private struct PeeledTips: Sendable {
  private(set) var tips: Set<ObjectID>
  private var peeledByTag: [ObjectID: ObjectID] = [:]

  init(_ refs: RefListing, and head: ObjectID?) {
    tips = Set(minimumCapacity: refs.count)
    if let head { tips.insert(head) }
    for index in 0..<refs.count {
      tips.insert(refs.oid(at: index))
      if let peeled = refs.peeled(at: index) { peeledByTag[refs.oid(at: index)] = peeled }
    }
  }

  func contains(_ oid: ObjectID) -> Bool { tips.contains(oid) }
  func peeled(of oid: ObjectID) -> ObjectID? { peeledByTag[oid] }
}
