import Replication
import TestSupport

@testable import Scheduling

extension SchedulerWalk {
  /// How long a due entry that is free to start has waited, in starts of its pool.
  struct Wait {
    let queue: Queue
    let since: ContinuousClock.Instant
    var starts = 0
    /// The bound of `SchedulerState`; `nil` until a second has passed.
    var bound: Int?
    var isRequest: Bool
  }

  /// Gives the scheduler an input, performs its actions in the model, and checks the invariants.
  mutating func take(_ input: SchedulerInput) throws {
    let (before, table) = (state, hosts)
    let actions = state.step(input, at: moment, hosts: &hosts)
    trace.append((input, actions))
    if trace.count > 40 { trace.removeFirst(20) }
    var step: Step?
    for action in actions {
      switch action {
      case .start(let job, _):
        var current = step ?? Step(before, table, input)
        try start(job, &current)
        step = current
      case .prove(let job):
        running[job]?.isProof = true
        count("proof")
      case .cancel(let job):
        try expect(running[job]?.queue.purpose == .housekeeping, "cancels \(job)")
        running[job]?.isCancelled = true
        count("preemption")
      case .ask(let question): try ask(question, input)
      case .recover: open.append(action)
      case .wake(let instant):
        try expect(instant >= now, "a wake in the past")
        wakeAt = min(wakeAt ?? instant, instant)
      case .log, .logPostponed: break
      }
    }
    if case .due(let question, let answer) = input { noteAnswer(answer, question, actions, before, table) }
    try checkWaits(input)
  }

  private func expect(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw WalkFailure(what()) }
  }

  private mutating func count(_ what: String) { counts[what, default: 0] += 1 }

  // MARK: Starts

  /// What holds before a start, kept up to date from start to start of one step.
  struct Step {
    let before: SchedulerState
    var table: HostTable
    var requested: [Queue: [ReplicableID]] = [:]
    var backlog: [Queue: [ReplicableID]] = [:]

    init(_ before: SchedulerState, _ table: HostTable, _ input: SchedulerInput) {
      (self.before, self.table) = (before, table)
      for (index, kind) in before.kinds.enumerated() {
        for purpose in kind.purposes {
          let queue = Queue(kind: index, purpose: purpose)
          requested[queue] = Array(kind[purpose].requested)
          backlog[queue] = kind[purpose].backlog.map(\.id)
        }
      }
      if case .due(let question, let answer) = input, let index = before.index(of: question.name) {
        backlog[Queue(kind: index, purpose: question.purpose)] = answer?.candidates.map(\.id) ?? []
      }
    }
  }

  private func pool(_ queue: Queue) -> JobPool { JobPool(queue.purpose, of: Self.kinds[queue.kind].dataType) }

  private var load: [String: Int] {
    var load: [String: Int] = [:]
    for job in running.keys where job.purpose.asksHost {
      for host in [HostTable.machine, "primary", Self.host(of: job.key.id)] { load[host, default: 0] += 1 }
    }
    return load
  }

  private func needed(_ id: ReplicableID) -> [String] { [HostTable.machine, "primary", Self.host(of: id)] }

  private func isFree(_ id: ReplicableID, _ queue: Queue, _ load: [String: Int], _ step: Step) -> Bool {
    let key = key(queue.kind, id)
    let isBusy = running.keys.contains { $0.key == key && ($0.purpose == .check) == (queue.purpose == .check) }
    let retry = (queue.purpose.asksHost ? step.before.syncRetries : step.before.upkeepRetries)[key]
    guard !isBusy, retry.map({ $0 <= now }) ?? true else { return false }
    return !queue.purpose.asksHost || needed(id).allSatisfy { step.table.admits($0, running: load[$0] ?? 0, at: now) }
  }

  private mutating func start(_ job: Job, _ step: inout Step) throws {
    guard let kind = state.index(of: job.key.name) else { throw WalkFailure("a start of no kind") }
    let (id, queue) = (job.key.id, Queue(kind: kind, purpose: job.purpose))
    // One job per replicable; no delay is cut short; a paused host has no start, and one that returns as many as it
    // admits.
    let load = load
    try expect(isFree(id, queue, load, step), "\(job) is not free to start")
    try expect(isActive[kind], "\(job) of a kind that is off")
    // Limits.
    let pool = pool(queue)
    if running.values.count(where: { self.pool($0.queue) == pool }) >= limits.places(in: pool) { count("stalled") }
    try expect(placesTaken(pool) < limits.places(in: pool), "\(job) beyond the limit")
    // Requests before the backlog, but every fifth start.
    let number = starts[queue, default: 0] + 1
    starts[queue] = number
    let isRequest = step.requested[queue]?.contains(id) == true
    if isRequest, number % 5 == 0 {
      let others = step.backlog[queue]?.filter { !(step.requested[queue]?.contains($0) ?? false) } ?? []
      try expect(!others.contains { isFree($0, queue, load, step) }, "the backlog has lost its share to \(job)")
    }
    if !isRequest, number % 5 != 0 {
      let requested = step.requested[queue] ?? []
      try expect(!requested.contains { isFree($0, queue, load, step) }, "\(job) of the backlog before a request")
    }
    step.requested[queue]?.removeAll { $0 == id }
    if queue.purpose.asksHost, step.table.isFailing(Self.host(of: id)) { count("probe") }
    step.table.start(queue.purpose.asksHost ? needed(id) : [])
    running[job] = Run(queue: queue, startedAt: now)
    count("\(isRequest ? "requested" : "backlog") \(job.purpose)")
    try countStart(job, pool, step)
  }

  private func placesTaken(_ pool: JobPool) -> Int {
    let runs = running.values.filter { self.pool($0.queue) == pool }
    let stalled = runs.count {
      $0.isUnanswered && $0.queue.purpose.asksHost && pool != .blobDownloads && now - $0.startedAt > .seconds(5)
        && Self.kinds[$0.queue.kind].dataType == .repository
    }
    return runs.count - min(stalled, max(16, limits.places(in: pool)))
  }

  // MARK: No starvation

  private mutating func countStart(_ job: Job, _ pool: JobPool, _ step: Step) throws {
    waits[job] = nil
    let load = load
    for (other, wait) in waits where wait.bound != nil && self.pool(wait.queue) == pool {
      // The start may have taken its replicable, or the last place at its host.
      guard isFree(other.key.id, wait.queue, load, step) else {
        waits[other] = nil
        continue
      }
      waits[other]?.starts += 1
      try expect(wait.starts < wait.bound ?? 0, "\(other) waits for more than \(wait.bound ?? 0) starts")
      longestWait = max(longestWait, wait.starts + 1)
    }
  }

  /// Returns the kinds of a pool that may use its places.
  private func kindCount(_ pool: JobPool) -> Int {
    Self.kinds.count { kind in
      JobPool.allCases.contains { $0 == pool && JobPool($0.purpose, of: kind.dataType) == pool }
    }
  }

  private mutating func checkWaits(_ input: SchedulerInput) throws {
    try expect(wakeAt != nil || !open.isEmpty, "nothing wakes the scheduler any more")
    let load = state.load
    var free: Set<Job> = []
    for (index, kind) in state.kinds.enumerated() where kind.isActive {
      for purpose in kind.purposes {
        let queue = Queue(kind: index, purpose: purpose)
        let requested = Array(kind[purpose].requested)
        let others = purpose == .housekeeping ? [] : (due[queue] ?? []).filter { !requested.contains($0) }
        for (rank, id) in requested.enumerated() + others.enumerated() {
          let candidate = Candidate(id, host: Self.host(of: id))
          guard state.readiness(of: candidate, purpose, index, load, at: now, hosts) == .ready else { continue }
          let job = Job(key(index, id), purpose)
          free.insert(job)
          let isRequest = requested.contains(id)
          if waits[job]?.isRequest != isRequest { waits[job] = Wait(queue: queue, since: now, isRequest: isRequest) }
          guard waits[job]?.bound == nil else { continue }
          let kinds = kindCount(pool(queue))
          if isRequest {
            waits[job]?.bound = kinds * (rank + rank / 4 + 2)
          } else if let since = waits[job]?.since, now - since >= .seconds(1) {
            let listed = due[queue]?.firstIndex(of: id) ?? 0
            let backlog = 5 * kinds * (kind[purpose].backlog.count + listed + 1)
            let bound = backlog + limits.places(in: pool(queue)) * (listed + 2)
            waits[job]?.bound = bound
          }
        }
      }
    }
    for job in waits.keys where !free.contains(job) { waits[job] = nil }
  }

  // MARK: No busy polling

  private mutating func ask(_ question: DueQuestion, _ input: SchedulerInput) throws {
    open.append(.ask(question))
    guard let kind = state.index(of: question.name) else { return }
    let queue = Queue(kind: kind, purpose: question.purpose)
    if case .due = input { return count("wider question") }
    // A registry that had nothing for us is asked once a second, that of a round more seldom.
    if let last = emptyAnswers[queue] { try expect(now - last >= .seconds(1), "\(question) asked again too soon") }
    emptyAnswers[queue] = nil
    count("question")
  }

  /// Notes that nothing of an answer may start, and that it was not asked for more.
  private mutating func noteAnswer(
    _ answer: DueAnswer?, _ question: DueQuestion, _ actions: [SchedulerAction], _ before: SchedulerState,
    _ table: HostTable
  ) {
    guard question.purpose != .housekeeping, let kind = before.index(of: question.name), isActive[kind] else { return }
    let isWidened = actions.contains { if case .ask = $0 { true } else { false } }
    let load = before.load
    let mayStart = answer?.candidates.contains { candidate in
      guard !before.kinds[kind][question.purpose].isRequested(candidate.id) else { return false }
      return switch before.readiness(of: candidate, question.purpose, kind, load, at: now, table) {
      case .ready, .full: true
      case .busy, .paused: false
      }
    }
    if !isWidened, mayStart != true { emptyAnswers[Queue(kind: kind, purpose: question.purpose)] = now }
  }
}

private func + <Element>(
  left: EnumeratedSequence<[Element]>, right: EnumeratedSequence<[Element]>
) -> [(offset: Int, element: Element)] { Array(left) + Array(right) }
