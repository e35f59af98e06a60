import Replication
import TestSupport

/// The primary of the walk: refs that change first and are published later, in any order, by jobs that may die.
struct WalkPrimary {
  struct Repository {
    var incarnation: Incarnation
    var refs: Refs
  }

  /// Visible, and not logged yet.
  struct Change {
    var name: EventName
    var replicable: Int
    var incarnation: Incarnation
    var visibleAt: Int
    var isAnnounced = false
  }

  struct Reading {
    var ticket: ReadingTicket
    var generation: Generation
    var begunAt: Timestamp
    var read: (refs: Refs, tick: Int)?
  }

  static let refCount = 5

  var repositories: [Repository?]
  var states: [PrimaryState?]
  var log: WalkLog
  /// Logged; the state does not have the event's id yet.
  var inFlight: [(replicable: Int, incarnation: Incarnation, generation: Generation)] = []
  var unlogged: [Change] = []
  var readings: [Reading?]
  /// When the content of `state.reading` was read.
  var readTicks: [Int]
  /// Everything that was ever visible, and from when.
  var history: [[(tick: Int, refs: Refs?)]]
  var restarts = 0
  private var lastValue: UInt64 = 0

  init(replicables: Int, log: LogID) {
    repositories = Array(repeating: nil, count: replicables)
    states = Array(repeating: nil, count: replicables)
    readings = Array(repeating: nil, count: replicables)
    readTicks = Array(repeating: 0, count: replicables)
    history = Array(repeating: [(0, nil)], count: replicables)
    self.log = WalkLog(log)
  }

  // MARK: What clients do

  mutating func push(_ index: Int, tick: Int, using generator: inout SeededGenerator) throws {
    if repositories[index] == nil {
      let incarnation = Incarnation.random(using: &generator)
      repositories[index] = Repository(incarnation: incarnation, refs: Array(repeating: nil, count: Self.refCount))
      states[index] = PrimaryState(replicableID: try Walk.id(index), incarnation: incarnation)
      readings[index] = nil
      change(index, .created, tick: tick)
    }
    for _ in 0..<Int.random(in: 1...2, using: &generator) {
      // One ref is pushed more than the others, so that brackets find it moving.
      let ref = Bool.random(using: &generator) ? 0 : Int.random(in: 0..<Self.refCount, using: &generator)
      let old = history[index].randomElement(using: &generator)?.refs?[ref]
      lastValue += 1
      let choice = Int.random(in: 0..<10, using: &generator)
      // A forced push may bring back what was there before.
      repositories[index]?.refs[ref] = choice == 0 ? old : choice < 3 ? nil : lastValue
    }
    change(index, .updated, tick: tick)
  }

  mutating func remove(_ index: Int, tick: Int) {
    guard repositories[index] != nil else { return }
    change(index, .deleted, tick: tick)
    repositories[index] = nil
    history[index].append((tick, nil))
  }

  private mutating func change(_ index: Int, _ name: EventName, tick: Int) {
    guard let repository = repositories[index] else { return }
    history[index].append((tick, repository.refs))
    unlogged.append(Change(name: name, replicable: index, incarnation: repository.incarnation, visibleAt: tick))
  }

  // MARK: Publishing, in the order of the contract, one line a step

  mutating func publishStep(using generator: inout SeededGenerator) {
    if !inFlight.isEmpty, Bool.random(using: &generator) || unlogged.isEmpty {
      let publication = inFlight.remove(at: Int.random(in: inFlight.indices, using: &generator))
      tell(publication.replicable, publication.incarnation, publication.generation)
      return
    }
    guard let place = unlogged.indices.randomElement(using: &generator) else { return }
    let index = unlogged[place].replicable
    guard unlogged[place].isAnnounced || unlogged[place].name == .deleted else {
      unlogged[place].isAnnounced = true
      if states[index]?.incarnation == unlogged[place].incarnation { states[index]?.announceChange() }
      return
    }
    let change = unlogged.remove(at: place)
    let generation = log.append(
      change.name, index, change.incarnation, visibleAt: change.visibleAt, chain: generator.next())
    if change.name == .deleted {
      if repositories[index] == nil { states[index] = nil }
    } else {
      inFlight.append((index, change.incarnation, generation))
    }
  }

  private mutating func tell(_ index: Int, _ incarnation: Incarnation?, _ generation: Generation) {
    if states[index]?.incarnation == incarnation { states[index]?.announce(generation) }
  }

  // MARK: Checksums, one line a step

  mutating func checksumStep(
    _ index: Int, tick: Int, now: Timestamp, using generator: inout SeededGenerator
  ) throws {
    guard var reading = readings[index] else {
      let generation = log.end.generation
      guard states[index]?.isDue(at: now) == true, let ticket = states[index]?.startReading(at: now) else { return }
      readings[index] = Reading(ticket: ticket, generation: generation, begunAt: now)
      return
    }
    guard let (refs, readTick) = reading.read else {
      if let refs = repositories[index]?.refs, Int.random(in: 0..<10, using: &generator) > 0 {
        reading.read = (refs, tick)
        readings[index] = reading
      } else {
        states[index]?.failReading(reading.ticket, "unreadable", at: now, using: &generator)
        readings[index] = nil
      }
      return
    }
    readings[index] = nil
    let result = PrimaryReading(
      checksum: Walk.checksum(refs), generation: reading.generation, readAt: reading.begunAt)
    guard let incarnation = states[index]?.incarnation,
      states[index]?.finishReading(reading.ticket, result, at: now) == true
    else { return }
    readTicks[index] = readTick
    log.append(
      .checksumSucceeded, index, incarnation, visibleAt: readTick, reading: result, chain: generator.next())
  }

  // MARK: What goes wrong

  /// Ends the process; the next one publishes the states whose events may be lost.
  mutating func restart() {
    restarts += 1
    readings = readings.map { _ in nil }
    inFlight = []
    for index in states.indices { states[index]?.recoverAfterRestart() }
    for event in log.events where event.name != .checksumSucceeded && event.name != .deleted {
      tell(event.replicable, event.incarnation, Generation(log: log.id, id: event.id))
    }
  }

  mutating func beginLog(_ id: LogID) {
    log = WalkLog(id)
    restart()
  }

  /// Restores the log from a backup; the events of its lost end are published again.
  mutating func restoreLog(to count: Int, tick: Int) {
    log.truncate(to: count)
    for index in states.indices {
      guard states[index]?.forgetGenerations(after: log.end.generation) == true,
        let incarnation = states[index]?.incarnation
      else { continue }
      unlogged.append(Change(name: .updated, replicable: index, incarnation: incarnation, visibleAt: tick))
    }
    restart()
  }

  /// Checks that a reading that stands covers all events that the state has.
  func check() throws {
    for (index, state) in states.enumerated() {
      guard let state, state.verificationState == .succeeded else { continue }
      try claim(
        log.visible(upTo: state.generation, of: state.incarnation) <= readTicks[index],
        "primary: checksum of \(index) is older than \(state.generation.map { "\($0)" } ?? "-")")
    }
  }
}
