package import SystemPackage

/// A durable change under test: how the disk looks before, what is done, and what must hold after a loss of power.
package struct PowerLossExperiment {
  /// Fills the empty directory in which the change is to be made. All of it is durable.
  package var prepare: (FilePath) throws -> Void
  /// The change, below the root of the stage and through its file system.
  package var act: (PowerLossFixture) throws -> Void
  /// Throws when the state is not one that the change may leave.
  package var check: (CrashState) throws -> Void

  package init(
    prepare: @escaping (FilePath) throws -> Void, act: @escaping (PowerLossFixture) throws -> Void,
    check: @escaping (CrashState) throws -> Void
  ) {
    self.prepare = prepare
    self.act = act
    self.check = check
  }

  /// Checks every state.
  @discardableResult
  package func run() throws -> CrashReport {
    try record { recording in
      return try recording.crashStates().check(check)
    }
  }

  /// Checks every state, and then those that the removal of each recorded fsync in turn makes possible, until one is refused.
  ///
  /// Much faster than `unnoticedSynchronizations`, which makes the whole change anew for each; it cannot see what the change would
  /// have done otherwise.
  /// - Returns: what was checked, and the fsync calls whose absence no state showed.
  package func checkEverySynchronization() throws -> (report: CrashReport, unnoticed: [String]) {
    try record { try $0.crashStates().checkEverySynchronization(check) }
  }

  /// Takes each fsync away in turn, and looks whether some state then fails.
  ///
  /// - Returns: the fsync calls whose absence no state showed: each is needless, or the check is blind.
  package func unnoticedSynchronizations() throws -> [SynchronizationCall] {
    var unnoticed: [SynchronizationCall] = []
    var number = 1
    while true {
      let dropped = try record(droppingSynchronization: number) { recording -> SynchronizationCall? in
        guard recording.synchronizationCount >= number else { return nil }
        do {
          try recording.crashStates().check(check)
          unnoticed.append(recording.synchronizations[number - 1])
        } catch is CrashStateFailure {
          // Seen: that fsync is needed.
        }
        return recording.synchronizations[number - 1]
      }
      if dropped == nil { return unnoticed }
      number += 1
    }
  }

  /// Fails each call in turn, once and from then on, and hands over what is there afterwards, and what the change
  /// threw (nil: it coped).
  ///
  /// - Returns: the number of faults tried.
  @discardableResult
  package func failEachCall(
    codes: [Errno] = FaultPlan.usualCodes, _ body: (FaultPlan, FilePath, (any Error)?) throws -> Void
  ) throws -> Int {
    var tried = 0
    for code in codes {
      for isPersistent in [false, true] {
        var call = 1
        while try fail(FaultPlan(call: call, code: code, isPersistent: isPersistent), body) {
          call += 1
          tried += 1
        }
      }
    }
    return tried
  }

  /// - Returns: false when the change made fewer calls than that.
  private func fail(
    _ plan: FaultPlan, _ body: (FaultPlan, FilePath, (any Error)?) throws -> Void
  ) throws -> Bool {
    let fixture = try MemoryDirectory("remora-fault")
    try prepare(fixture.path)
    let files = FaultyFileSystem(plan)
    var thrown: (any Error)?
    do { try act(PowerLossFixture(files: files, root: fixture.path)) } catch { thrown = error }
    guard files.faultFired else {
      if let thrown { throw thrown }
      return false
    }
    try body(plan, fixture.path, thrown)
    return true
  }

  /// Prepares, acts, and hands the recording over.
  private func record<Result>(
    droppingSynchronization number: Int? = nil, _ body: (RecordingFileSystem) throws -> Result
  ) throws -> Result {
    let fixture = try MemoryDirectory("remora-power-loss")
    return try withExtendedLifetime(fixture) {
      try prepare(fixture.path)
      let recording = try RecordingFileSystem(root: fixture.path, droppingSynchronization: number)
      try act(PowerLossFixture(files: recording, root: recording.root))
      return try body(recording)
    }
  }
}
