internal import Replication

/// What is done for copies between their syncs. It asks no host for anything: what fails here rests by itself, and no sync waits
/// for it longer than it takes to end.
extension Scheduler {
  /// So often in a row a housekeeping gives way to a sync; then it runs to its end, or the packs of a copy that is pushed to all
  /// the time would never be put together.
  private static let courtesies = 2
  /// How long upkeep rests that could not be done.
  private static let upkeepRest = Duration.seconds(600)

  /// A sync has changed the copy; whether there is anything to do, one look at it will tell.
  func hurryHousekeeping(_ key: JobKey, _ index: Int) {
    if kinds[index].purposes.contains(.housekeeping) { kinds[index][.housekeeping].hurry(key.id) }
  }

  /// Ends a housekeeping that stands in the way of a sync.
  func giveWay(_ key: JobKey) {
    guard let task = housekeepings[key], givenWay[key, default: 0] < Self.courtesies else { return }
    givenWay[key, default: 0] += 1
    task.cancel()
  }

  func housekeep(_ job: RunningJob) async throws {
    let begun = ContinuousClock.now
    let isThorough = thorough.remove(job.key) != nil
    let task = Task { [secondary] in
      try await secondary.housekeep(job.key.id, job.key.name, isThorough: isThorough)
    }
    housekeepings[job.key] = task
    defer { housekeepings[job.key] = nil }
    let result = try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
    note(result, job, after: .now - begun)
  }

  func check(_ job: RunningJob) async throws {
    let begun = ContinuousClock.now
    note(try await secondary.check(job.key.id, job.key.name), job, after: .now - begun)
  }

  /// Nothing was recorded: it is due again, but not at once.
  func postponed(_ job: RunningJob, _ why: String) {
    upkeepRests[job.key] = .now + Self.upkeepRest
    if !Task.isCancelled {
      observer.log(.trouble("\(job.purpose) of '\(job.key.id)' of '\(job.key.name)', tried again later: \(why)"))
    }
  }

  private func note(_ result: HousekeepingResult, _ job: RunningJob, after duration: Duration) {
    observer.housekept(job.key.name, result, after: duration)
    switch result {
    case .done(let report):
      givenWay[job.key] = nil
      if report.hasChanged { observer.log(.housekeeping(job.key.name, job.key.id, result, duration)) }
    case .failed(let why):
      upkeepRests[job.key] = .now + Self.upkeepRest
      failures.add(job.key.name, job.key.id, why, at: environment.now())
      observer.log(.housekeeping(job.key.name, job.key.id, result, duration))
    // It has given way, and the sync for which it did leads to the next one.
    case .paused where givenWay[job.key] != nil: break
    case .paused(let pause): postponed(job, pause.message)
    case .notDue: break
    }
  }

  private func note(_ result: CheckResult, _ job: RunningJob, after duration: Duration) {
    observer.checked(job.key.name, result, after: duration)
    switch result {
    case .whole: observer.log(.check(job.key.name, job.key.id, result, duration))
    case .damaged(let why):
      failures.add(job.key.name, job.key.id, "object check: \(why)", at: environment.now())
      observer.log(.check(job.key.name, job.key.id, result, duration))
      if let index = index(of: job) { kinds[index][.sync].hurry(job.key.id) }
    case .paused(let pause): postponed(job, pause.message)
    case .notDue: upkeepRests[job.key] = .now + Self.restTime
    }
  }
}
