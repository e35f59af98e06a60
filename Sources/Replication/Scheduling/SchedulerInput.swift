package import Replication

/// What the scheduler is given, one at a time.
package enum SchedulerInput: Sendable {
  /// The instant of the last `SchedulerAction.wake` has come: a pass begins.
  case wake
  /// The registry's answer to a question; `nil` when the registry cannot be read.
  case due(DueQuestion, DueAnswer?)
  /// An attempt to write down what `SchedulerAction.recover` asked for; whether it succeeded.
  case recovered(JobKey, Bool)
  /// An event or the operator made these due: they go before the backlog. A sync preempts a housekeeping of its
  /// replicable.
  case requested([Request], JobPurpose)
  /// A job ended. A job that is not running is ignored.
  case ended(Job, JobOutcome)
  /// A host answered a request that was not a job.
  case hostAnswered(String)
  /// Other limits; running jobs beyond them run to their ends.
  case limits(SchedulerLimits)
  /// The kind's feature was switched.
  case kind(ReplicableName, isOn: Bool)
  /// The root of the kind's copies became unusable, or usable.
  case storage(ReplicableName, isPaused: Bool)
  /// The running jobs whose hosts have not sent anything yet; all others have their answers.
  case unanswered(Set<JobKey>)
  /// Nothing starts from now on, and running jobs are cancelled.
  case shutdown

  /// One requested replicable.
  package struct Request: Hashable, Sendable {
    /// The replicable.
    package var key: JobKey
    /// The host of its content.
    package var host: String

    /// A request.
    package init(_ key: JobKey, host: String) {
      self.key = key
      self.host = host
    }
  }
}

/// A query to the registry of a kind: the due entries, at most `limit`, the longest due first. For a housekeeping
/// round: the copies by id, those after `after`.
package struct DueQuestion: Hashable, Sendable {
  /// The kind.
  package let name: ReplicableName
  /// What they are due for.
  package let purpose: JobPurpose
  /// The most entries of an answer, 1 or more.
  package let limit: Int
  /// The last id of the round so far; `nil` at its beginning, and for other purposes.
  package let after: ReplicableID?
}

/// The registry's answer.
package struct DueAnswer: Hashable, Sendable {
  /// The due, in the registry's order.
  package var candidates: [Candidate]
  /// How many entries the registry returned: fewer than asked for when there are no more.
  package var rowCount: Int
  /// The id of the last of them.
  package var last: ReplicableID?

  /// An answer.
  package init(_ candidates: [Candidate], rowCount: Int, last: ReplicableID? = nil) {
    self.candidates = candidates
    self.rowCount = rowCount
    self.last = last
  }
}

/// How a job ended.
package enum JobOutcome: Sendable {
  /// It was not due any more and did nothing.
  case notDue
  /// A sync ended.
  case sync(SyncResult)
  /// A verification ended, or the proof that followed a sync.
  case verification(VerificationResult)
  /// A housekeeping ended.
  case housekeeping(HousekeepingResult)
  /// An object check ended.
  case check(CheckResult)
  /// The state of this site could not be read or written; why.
  case unrecorded(String)
}

/// What the driver does. All actions of a step are performed in their order, before the next step.
package enum SchedulerAction: Hashable, Sendable {
  /// Start a job; it ends with `SchedulerInput.ended`. A thorough housekeeping does also what takes long and is seldom
  /// needed.
  case start(Job, isThorough: Bool)
  /// Go on with a job: prove its copy by one bracket, then end it with that verification.
  case prove(Job)
  /// Cancel a job: a housekeeping that a sync preempts, or any at the shutdown. It still ends with
  /// `SchedulerInput.ended`.
  case cancel(Job)
  /// Ask the registry; the answer is `SchedulerInput.due`.
  case ask(DueQuestion)
  /// Write down that a job which could not record its end is to be done again, and answer with
  /// `SchedulerInput.recovered`.
  case recover(JobKey)
  /// Give `SchedulerInput.wake` at that instant, or earlier; the earliest of several counts.
  case wake(at: ContinuousClock.Instant)
  /// Log that a host paused or resumed.
  case log(HostTable.Change)
  /// Log that a job of upkeep could not be done, and why.
  case logPostponed(Job, String)
}

/// The time of a step: read by the driver, once for each step.
package struct Moment: Sendable {
  /// By the clock that delays are measured with.
  package var instant: ContinuousClock.Instant
  /// By the calendar, for status.
  package var time: Timestamp
  /// A random number, 0 up to 1, for the length of a pause: many sites must not return to a host at one moment.
  package var jitter: Double

  /// A moment.
  package init(instant: ContinuousClock.Instant, time: Timestamp, jitter: Double) {
    self.instant = instant
    self.time = time
    self.jitter = jitter
  }
}
