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

  /// Whether one may start.
  enum Turn {
    case now
    /// Soon: it keeps its place.
    case later
    /// Not for some time, because its host pauses: it leaves, and the registry names it again when it is due then.
    case dropped
  }

  /// Takes the next that may start now.
  mutating func next(where turn: (ReplicableID) -> Turn) -> ReplicableID? {
    self.turn = (self.turn + 1) % Self.turns
    if self.turn == 0 { return nextOfBacklog(turn) ?? nextUrgent(turn) }
    return nextUrgent(turn) ?? nextOfBacklog(turn)
  }

  private mutating func nextUrgent(_ turn: (ReplicableID) -> Turn) -> ReplicableID? {
    var index = urgentStart
    var looked = 0
    while index < urgent.count, looked < Self.lookahead {
      let id = urgent[index]
      switch turn(id) {
      case .later:
        looked += 1
        index += 1
      case .now:
        take(index)
        return id
      case .dropped:
        let before = urgent.count
        take(index)
        // The array may have been shortened at its front.
        index += 1 - (before - urgent.count)
      }
    }
    return nil
  }

  /// Removes one of the urgent. Those before keep their order: each moves up by one, and there are few of them.
  private mutating func take(_ index: Int) {
    isUrgent.remove(urgent[index])
    for earlier in (urgentStart..<index).reversed() { urgent[earlier + 1] = urgent[earlier] }
    urgentStart += 1
    if urgentStart > urgent.count / 2 {
      urgent.removeFirst(urgentStart)
      urgentStart = 0
    }
  }

  private mutating func nextOfBacklog(_ turn: (ReplicableID) -> Turn) -> ReplicableID? {
    // What may not start now is worked on already, or rests: the registry names it again if it is still due then.
    while let id = backlog.popFirst() {
      if !isUrgent.contains(id), case .now = turn(id) { return id }
    }
    return nil
  }

  /// So many are looked at before giving up for this time: more wait only behind jobs of their own that run.
  private static let lookahead = 256
}
