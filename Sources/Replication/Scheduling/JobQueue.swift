package import Replication

/// A replicable that waits for a job, with the host of its content.
package struct Candidate: Hashable, Sendable {
  /// The id within its kind.
  package var id: ReplicableID
  /// The host that the content is fetched from.
  package var host: String

  /// A candidate.
  package init(_ id: ReplicableID, host: String) {
    self.id = id
    self.host = host
  }
}

/// What waits for one purpose of one kind: the requested, in the order of their requests, and the backlog, in the
/// registry's order.
///
/// Requests go first, but every fifth start is taken from the backlog while it has an entry that may start. So constant
/// events do not stop a backfill, and a backlog of a million delays a push by one start in five.
struct JobQueue {
  private var urgent: [ReplicableID] = []
  private var urgentStart = 0
  private var urgentHosts: [ReplicableID: String] = [:]
  private(set) var backlog: ArraySlice<Candidate> = []
  /// Starts since the last one whose turn was the backlog's.
  private var turn = 0

  /// One of so many starts is taken from the backlog.
  static let turns = 5

  /// The backlog is used up: the registry is asked for more.
  var needsBacklog: Bool { backlog.isEmpty }
  var isEmpty: Bool { urgentHosts.isEmpty && backlog.isEmpty }
  /// The requested ids, in the order of the requests.
  var requested: ArraySlice<ReplicableID> { urgent[urgentStart...] }

  /// Adds a request. One that waits already keeps its place.
  mutating func request(_ candidate: Candidate) {
    guard urgentHosts.updateValue(candidate.host, forKey: candidate.id) == nil else { return }
    urgent.append(candidate.id)
  }

  func isRequested(_ id: ReplicableID) -> Bool { urgentHosts[id] != nil }

  /// Replaces the backlog by candidates that are not requested.
  mutating func refill(_ candidates: [Candidate]) { backlog = candidates[...] }

  /// Takes the next that may start now.
  mutating func next(where readiness: (Candidate) -> Readiness) -> Candidate? {
    let isTurnOfBacklog = turn == Self.turns - 1
    let candidate =
      isTurnOfBacklog
      ? nextOfBacklog(readiness) ?? nextUrgent(readiness) : nextUrgent(readiness) ?? nextOfBacklog(readiness)
    if candidate != nil { turn = (turn + 1) % Self.turns }
    return candidate
  }

  private mutating func nextUrgent(_ readiness: (Candidate) -> Readiness) -> Candidate? {
    var index = urgentStart
    var looked = 0
    while index < urgent.count, looked < Self.lookahead {
      let candidate = Candidate(urgent[index], host: urgentHosts[urgent[index]] ?? "")
      switch readiness(candidate) {
      case .busy, .full:
        looked += 1
        index += 1
      case .ready:
        remove(index)
        return candidate
      case .paused:
        let before = urgent.count
        remove(index)
        // The array may have been shortened at its front.
        index += 1 - (before - urgent.count)
      }
    }
    return nil
  }

  /// Removes a request. Those before it keep their order: each moves up by one, and they are at most `lookahead`.
  private mutating func remove(_ index: Int) {
    urgentHosts[urgent[index]] = nil
    for earlier in (urgentStart..<index).reversed() { urgent[earlier + 1] = urgent[earlier] }
    urgentStart += 1
    if urgentStart > urgent.count / 2 {
      urgent.removeFirst(urgentStart)
      urgentStart = 0
    }
  }

  private mutating func nextOfBacklog(_ readiness: (Candidate) -> Readiness) -> Candidate? {
    // What may not start now leaves: the registry names it again if it is still due later.
    while let candidate = backlog.popFirst() {
      if !isRequested(candidate.id), readiness(candidate) == .ready { return candidate }
    }
    return nil
  }

  /// So many requests that may not start are passed over before the search ends.
  private static let lookahead = 256
}

/// Whether a candidate may start.
enum Readiness {
  case ready
  /// A job of the same replicable runs, or its retry delay has not passed. A request keeps its place.
  case busy
  /// One of its hosts has as many jobs as its circuit breaker admits. A request keeps its place.
  case full
  /// Its host is paused. It leaves the queue; the registry names it again when the host is back.
  case paused
}
