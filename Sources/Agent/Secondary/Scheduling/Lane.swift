internal import Replication

/// What waits for one sort of job of one kind: first what an event asked for, then what the registry says is due, but never only
/// the first.
///
/// Of five starts one is taken from the backlog while it has something, so that a busy host starves no backfill; and a backlog of
/// a million takes no turn from a push, but every fifth.
struct Lane {
  private var urgent: [ReplicableID] = []
  private var urgentStart = 0
  private var isUrgent: Set<ReplicableID> = []
  private var backlog: ArraySlice<ReplicableID> = []
  private var turn = 0

  private static let turns = 5

  /// Nothing is left of what the registry said; ask it again.
  var needsBacklog: Bool { backlog.isEmpty }
  var isEmpty: Bool { isUrgent.isEmpty && backlog.isEmpty }
  var count: Int { isUrgent.count + backlog.count }
  var urgentCount: Int { isUrgent.count }

  /// An event asked for it, or a person. Once is enough.
  mutating func hurry(_ id: ReplicableID) {
    guard isUrgent.insert(id).inserted else { return }
    urgent.append(id)
  }

  /// Takes what the registry says is due, but for what is urgent already.
  mutating func refill(_ ids: [ReplicableID]) { backlog = ids.filter { !isUrgent.contains($0) }[...] }

  /// Takes the next that may start now; the others keep their places.
  mutating func next(where mayStart: (ReplicableID) -> Bool) -> ReplicableID? {
    turn = (turn + 1) % Self.turns
    if turn == 0 { return nextOfBacklog(mayStart) ?? nextUrgent(mayStart) }
    return nextUrgent(mayStart) ?? nextOfBacklog(mayStart)
  }

  private mutating func nextUrgent(_ mayStart: (ReplicableID) -> Bool) -> ReplicableID? {
    for index in urgent.indices[urgentStart...].prefix(Self.lookahead) where mayStart(urgent[index]) {
      let id = urgent[index]
      // Those before keep their order: each moves up by one, and there are few of them.
      for earlier in (urgentStart..<index).reversed() { urgent[earlier + 1] = urgent[earlier] }
      urgentStart += 1
      isUrgent.remove(id)
      if urgentStart > urgent.count / 2 {
        urgent.removeFirst(urgentStart)
        urgentStart = 0
      }
      return id
    }
    return nil
  }

  private mutating func nextOfBacklog(_ mayStart: (ReplicableID) -> Bool) -> ReplicableID? {
    // What may not start now is worked on already, or rests: the registry names it again if it is still due then.
    while let id = backlog.popFirst() {
      if !isUrgent.contains(id), mayStart(id) { return id }
    }
    return nil
  }

  /// So many are looked at before giving up for this time: more wait only behind jobs of their own that run.
  private static let lookahead = 256
}
