import Replication
import TestSupport

@testable import Scheduling

/// Events, ends of jobs, failing hosts and other limits by chance, with a model of the registries and of the driver.
/// After every step the invariants are checked (`check`); at the end everything that is due must have been done.
struct SchedulerWalk {
  /// One queue of the scheduler: a kind and a purpose.
  struct Queue: Hashable {
    let kind: Int
    let purpose: JobPurpose
  }

  /// A job that runs.
  struct Run {
    let queue: Queue
    let startedAt: ContinuousClock.Instant
    var isUnanswered = false
    var isProof = false
    var isCancelled = false
  }

  var state: SchedulerState
  var hosts = HostTable()
  var generator: SeededGenerator
  var now = ContinuousClock.now
  var limits = SchedulerLimits()
  /// What each registry has due, in its order.
  var due: [Queue: [ReplicableID]] = [:]
  var running: [Job: Run] = [:]
  /// Questions and recoveries that are not answered.
  var open: [SchedulerAction] = []
  var wakeAt: ContinuousClock.Instant?
  var isActive = [true, true, true]
  /// Starts of each queue since it was last emptied.
  var starts: [Queue: Int] = [:]
  var waits: [Job: Wait] = [:]
  /// When a registry last had nothing that may start.
  var emptyAnswers: [Queue: ContinuousClock.Instant] = [:]
  var counts: [String: Int] = [:]
  /// In starts of a pool.
  var longestWait = 0
  /// The last inputs and their actions.
  var trace: [(input: SchedulerInput, actions: [SchedulerAction])] = []

  static let kinds = [
    ScheduledKind(ReplicableName("project"), .repository, needsUpkeep: true),
    ScheduledKind(ReplicableName("wiki"), .repository, needsUpkeep: true),
    ScheduledKind(ReplicableName("upload"), .blob, needsUpkeep: false),
  ]
  static let ids = (0..<12).compactMap { try? ReplicableID("r\($0)") }
  static let hostNames = ["a", "b", "c"]
  static let portion = 4

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    state = SchedulerState(Self.kinds, primaryHost: "primary", limits: limits, portion: Self.portion)
    wakeAt = now
  }

  var moment: Moment { Moment(instant: now, time: Timestamp(milliseconds: 0), jitter: 0.5) }

  static func host(of id: ReplicableID) -> String { hostNames[(ids.firstIndex(of: id) ?? 0) % hostNames.count] }

  func key(_ kind: Int, _ id: ReplicableID) -> JobKey { JobKey(name: Self.kinds[kind].name, id: id) }

  // MARK: Steps

  /// Goes so many steps, then lets all hosts answer and all jobs succeed until nothing is due.
  ///
  /// - Parameter isFlood: events come faster than jobs end.
  mutating func go(steps: Int, isFlood: Bool) throws {
    for _ in 0..<steps {
      try step(isFlood: isFlood)
      // Often the driver has done all before the next input, and sometimes not.
      if chance(4) { continue }
      try drive()
    }
    try finish()
  }

  private mutating func chance(_ part: Int) -> Bool { Int.random(in: 0..<part, using: &generator) == 0 }

  private mutating func any<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &generator)]
  }

  private mutating func step(isFlood: Bool) throws {
    switch Int.random(in: 0..<100, using: &generator) {
    case 0..<(isFlood ? 45 : 20): try event()
    case 45..<50: becomeDue(any([.sync, .verification, .check]))
    case 50..<80: try endJob()
    case 80..<86: now += any([.milliseconds(200), .seconds(1), .seconds(2)])
    case 86: now += any([.seconds(20), .seconds(700)])
    case 87: fail(any(chance(4) ? [HostTable.machine, "primary"] : Self.hostNames))
    case 88..<91: answerHost()
    case 91: try take(.limits(randomLimits()))
    case 92: try switchKind()
    case 93..<96:
      for job in sortedJobs where job.purpose.asksHost {
        let isUnanswered = chance(2)
        running[job]?.isUnanswered = isUnanswered
      }
      try take(.unanswered(Set(running.filter(\.value.isUnanswered).keys.map(\.key))))
    default: break
    }
  }

  private mutating func event() throws {
    let kind = Int.random(in: 0..<3, using: &generator)
    let purpose = chance(8) ? any([JobPurpose.check, .verification, .housekeeping]) : .sync
    let ids = (0..<any([1, 1, 3])).map { _ in any(Self.ids) } + (kind == 0 ? [Self.ids[0]] : [])
    for id in ids { enqueue(id, Queue(kind: kind, purpose: purpose)) }
    try take(.requested(ids.map { .init(key(kind, $0), host: Self.host(of: $0)) }, purpose))
  }

  private mutating func becomeDue(_ purpose: JobPurpose) {
    let kind = Int.random(in: 0..<3, using: &generator)
    for _ in 0..<6 { enqueue(any(Self.ids), Queue(kind: kind, purpose: purpose)) }
  }

  private mutating func enqueue(_ id: ReplicableID, _ queue: Queue) {
    guard Self.kinds[queue.kind].needsUpkeep || queue.purpose.asksHost else { return }
    if due[queue, default: []].contains(id) { return }
    due[queue, default: []].append(id)
  }

  private mutating func randomLimits() -> SchedulerLimits {
    limits = SchedulerLimits(
      repositorySyncs: any([1, 2, 4]), blobDownloads: any([1, 2]), verifications: any([1, 2]),
      housekeepings: any([1, 2]), checks: any([1, 2]))
    return limits
  }

  private mutating func switchKind() throws {
    let kind = Int.random(in: 0..<3, using: &generator)
    isActive[kind].toggle()
    for queue in starts.keys where queue.kind == kind { starts[queue] = nil }
    try take(
      chance(2) || isActive[kind]
        ? .kind(Self.kinds[kind].name, isOn: isActive[kind])
        : .storage(Self.kinds[kind].name, isPaused: !isActive[kind]))
    if isActive[kind] { try take(.storage(Self.kinds[kind].name, isPaused: false)) }
  }

  private mutating func fail(_ host: String) {
    _ = hosts.failed(host, "away", retryAfter: chance(4) ? .seconds(30) : nil, at: moment)
  }

  private mutating func answerHost() {
    let host = any(Self.hostNames + ["primary", HostTable.machine])
    _ = hosts.succeeded(host, at: moment)
  }

  // MARK: The driver

  /// Does all that the driver has to do now.
  mutating func drive() throws {
    for _ in 0..<100 {
      if let action = open.first {
        open.removeFirst()
        try answer(action)
      } else if let wakeAt, wakeAt <= now {
        self.wakeAt = nil
        try take(.wake)
      } else {
        return
      }
    }
    throw WalkFailure("the driver polls without end")
  }

  private mutating func answer(_ action: SchedulerAction) throws {
    switch action {
    case .ask(let question):
      let kind = state.index(of: question.name) ?? 0
      let queue = Queue(kind: kind, purpose: question.purpose)
      guard !chance(100) else {
        for job in waits.keys where waits[job]?.queue == queue { waits[job] = nil }
        return try take(.due(question, nil))
      }
      let all = question.purpose == .housekeeping ? round(after: question.after) : due[queue] ?? []
      let rows = all.prefix(question.limit)
      let candidates = rows.map { Candidate($0, host: Self.host(of: $0)) }
      try take(.due(question, DueAnswer(candidates, rowCount: rows.count, last: rows.last)))
    case .recover(let key): try take(.recovered(key, !chance(3)))
    default: break
    }
  }

  private func round(after last: ReplicableID?) -> [ReplicableID] {
    Self.ids.sorted().filter { id in last.map { id > $0 } ?? true }
  }

  /// In an order that is the same in each run.
  private var sortedJobs: [Job] {
    running.keys.sorted { ($0.key, $0.purpose.rawValue) < ($1.key, $1.purpose.rawValue) }
  }

  /// Ends a job, if one runs, by any result that it may have.
  private mutating func endJob(succeeds: Bool = false) throws {
    let constant = key(0, Self.ids[0])
    let jobs = sortedJobs
    let first = chance(3) ? jobs.first { $0.key == constant } : nil
    guard let job = first ?? jobs.randomElement(using: &generator), let run = running[job] else { return }
    let isDue = run.queue.purpose == .housekeeping || due[run.queue]?.contains(job.key.id) == true
    let outcome = isDue || run.isProof ? outcome(of: job, run, succeeds: succeeds) : .notDue
    running[job]?.isProof = false
    try take(.ended(job, outcome))
    if running[job]?.isProof != true { running[job] = nil }
  }

  private mutating func outcome(of job: Job, _ run: Run, succeeds: Bool) -> JobOutcome {
    let (id, kind) = (job.key.id, run.queue.kind)
    if run.isCancelled { return .housekeeping(.paused(Pause(.cancelled, "preempted"))) }
    if run.isProof { return .verification(.succeeded(.bracket)) }
    let isBad = !succeeds && chance(3)
    if isBad, job.purpose.asksHost, chance(12) { return .unrecorded("read-only") }
    let pause = Pause(any([.host, .host, .host, .cancelled, .root, .primary]), "x")
    // What stays due goes to the end of the registry's order.
    due[run.queue]?.removeAll { $0 == id }
    if isBad, job.purpose != .housekeeping { enqueue(id, run.queue) }
    switch job.purpose {
    case .sync:
      // One is pushed to constantly.
      if id == Self.ids[0], !succeeds, run.queue.kind == 0 {
        enqueue(id, run.queue)
        return .sync(.pendingAgain)
      }
      if isBad { return .sync(any([.failed("x"), .pendingAgain, .pendingAgain, .paused(pause), .notDue])) }
      enqueue(id, Queue(kind: kind, purpose: .verification))
      return .sync(.synced(hasChanged: chance(2)))
    case .verification:
      return .verification(isBad ? any([.failed("x"), .moved, .paused(pause), .notDue]) : .succeeded(.reading))
    case .housekeeping:
      return .housekeeping(isBad ? any([.failed("x"), .paused(pause)]) : .done(HousekeepingReport()))
    case .check:
      if isBad { return .check(any([.paused(pause), .notDue])) }
      guard !succeeds, chance(3) else { return .check(.whole) }
      enqueue(id, Queue(kind: kind, purpose: .sync))
      return .check(.damaged("x"))
    }
  }

  /// Checks that with all hosts well and every kind on, all that is due is done.
  private mutating func finish() throws {
    for kind in 0..<3 {
      isActive[kind] = true
      try take(.kind(Self.kinds[kind].name, isOn: true))
      try take(.storage(Self.kinds[kind].name, isPaused: false))
    }
    try take(.unanswered([]))
    for _ in 0..<1_000 {
      // Longer than any delay or pause.
      now += .seconds(700)
      for host in Self.hostNames + ["primary", HostTable.machine] { _ = hosts.succeeded(host, at: moment) }
      try drive()
      while !running.isEmpty {
        try endJob(succeeds: true)
        try drive()
      }
      if due.filter({ $0.key.purpose != .housekeeping }).allSatisfy(\.value.isEmpty) { return }
    }
    throw WalkFailure("still due: \(due)")
  }
}

struct WalkFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
