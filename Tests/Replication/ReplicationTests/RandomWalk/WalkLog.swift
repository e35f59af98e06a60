import Replication

/// The values of a replicable's refs in the walk, by number.
typealias Refs = [UInt64?]

/// An event of the walk, with what only the model has: when the announced change became visible.
struct WalkEvent {
  var id: UInt64
  var name: EventName
  var replicable: Int
  var incarnation: Incarnation
  var visibleAt: Int
  var reading: PrimaryReading?
  /// Stands for the chain: an event in the same place of another history has another one.
  var chain: UInt64
}

/// One history of a log.
struct WalkLog {
  private(set) var id: LogID
  private(set) var events: [WalkEvent] = []
  /// For each incarnation its announcing events, with the latest moment that any until there announces.
  private var marks: [Incarnation: [(id: UInt64, visibleAt: Int)]] = [:]

  init(_ id: LogID) { self.id = id }

  var end: Cursor { Cursor(log: id, id: UInt64(events.count), chain: events.last?.chain ?? 0) }

  @discardableResult mutating func append(
    _ name: EventName, _ replicable: Int, _ incarnation: Incarnation, visibleAt: Int, reading: PrimaryReading? = nil,
    chain: UInt64
  ) -> Generation {
    let event = WalkEvent(
      id: UInt64(events.count + 1), name: name, replicable: replicable, incarnation: incarnation, visibleAt: visibleAt,
      reading: reading, chain: chain)
    events.append(event)
    if name != .checksumSucceeded {
      let last = marks[incarnation]?.last?.visibleAt ?? 0
      marks[incarnation, default: []].append((event.id, max(visibleAt, last)))
    }
    return Generation(log: id, id: event.id)
  }

  mutating func truncate(to count: Int) {
    events.removeLast(events.count - count)
    for key in marks.keys { marks[key]?.removeAll { $0.id > UInt64(count) } }
  }

  /// Returns the moment at which all was visible that events of `incarnation` up to `generation` announce; 0 for one of
  /// another log.
  func visible(upTo generation: Generation?, of incarnation: Incarnation?) -> Int {
    guard let generation, generation.log == id, let incarnation, let marks = marks[incarnation] else { return 0 }
    var (low, high) = (0, marks.count)
    while low < high {
      let middle = (low + high) / 2
      if marks[middle].id <= generation.id { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? 0 : marks[low - 1].visibleAt
  }

  /// Returns the last event that announces something of the incarnation.
  func last(of incarnation: Incarnation) -> Generation? {
    marks[incarnation]?.last.map { Generation(log: id, id: $0.id) }
  }

  /// Returns whether the cursor's place is in this history.
  func continues(_ cursor: Cursor) -> Bool {
    guard cursor.log == id, cursor.id <= UInt64(events.count) else { return false }
    return cursor.id == 0 || events[Int(cursor.id) - 1].chain == cursor.chain
  }
}

/// An invariant that did not hold.
struct WalkFailure: Error, CustomStringConvertible {
  var description: String
}

func claim(_ holds: Bool, _ message: @autoclosure () -> String) throws {
  if !holds { throw WalkFailure(description: message()) }
}
