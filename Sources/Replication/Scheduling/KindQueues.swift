package import Replication

/// A kind's properties for the scheduler.
package struct ScheduledKind: Hashable, Sendable {
  /// The name.
  package let name: ReplicableName
  /// Decides which limit its syncs count against.
  package let dataType: DataType
  /// Whether its copies need housekeeping and object checks.
  package let needsUpkeep: Bool

  /// A kind.
  package init(_ name: ReplicableName, _ dataType: DataType, needsUpkeep: Bool) {
    self.name = name
    self.dataType = dataType
    self.needsUpkeep = needsUpkeep
  }
}

/// The queues of one kind, by purpose, and when its registry is asked for more.
struct KindQueues {
  let kind: ScheduledKind
  /// The purposes that its copies need.
  let purposes: [JobPurpose]
  /// The kind's feature is on.
  var isOn = true { didSet { if !isActive { queues = [:] } } }
  /// The root of its copies cannot be used.
  var isStoragePaused = false { didSet { if !isActive { queues = [:] } } }
  private var queues: [JobPurpose: JobQueue] = [:]
  private var refills: [JobPurpose: ContinuousClock.Instant] = [:]
  /// The last id of the housekeeping round so far; `nil` at its beginning.
  private var roundPosition: ReplicableID?

  /// Of each step of a housekeeping round: how many copies, and from its question to the next.
  private static let roundStep = Duration.seconds(10)
  /// From the last step of a round to the next round: a replaced pack stays for an hour.
  private static let roundInterval = Duration.seconds(3_600)

  init(_ kind: ScheduledKind) {
    self.kind = kind
    purposes = kind.needsUpkeep ? JobPurpose.allCases : [.sync, .verification]
  }

  /// Jobs of the kind may start. While they may not, nothing waits: the registry has it.
  var isActive: Bool { isOn && !isStoragePaused }

  subscript(purpose: JobPurpose) -> JobQueue {
    get { queues[purpose] ?? JobQueue() }
    // In place: a queue of a hundred thousand is not copied for one more.
    _modify { yield &queues[purpose, default: JobQueue()] }
  }

  /// Adds a request, if the kind is active and its copies need that.
  mutating func request(_ purpose: JobPurpose, _ candidate: Candidate) {
    if isActive, purposes.contains(purpose) { self[purpose].request(candidate) }
  }

  /// The question to the registry that is due now; `nil` while there is a backlog, or it was asked a moment ago.
  ///
  /// - Parameter portion: how many entries are asked for.
  func question(_ purpose: JobPurpose, portion: Int, at now: ContinuousClock.Instant) -> DueQuestion? {
    guard self[purpose].needsBacklog, refills[purpose].map({ $0 <= now }) ?? true else { return nil }
    return question(purpose, portion: portion)
  }

  func question(_ purpose: JobPurpose, portion: Int) -> DueQuestion {
    // Requested entries are due as well, and must not fill the whole answer.
    let limit = purpose == .housekeeping ? portion : portion + self[purpose].requested.count
    return DueQuestion(
      name: kind.name, purpose: purpose, limit: limit, after: purpose == .housekeeping ? roundPosition : nil)
  }

  /// Asks the registry no sooner than that.
  mutating func postponeRefill(_ purpose: JobPurpose, to instant: ContinuousClock.Instant) {
    refills[purpose] = instant
  }

  /// Moves the housekeeping round on by the answer to its question.
  mutating func advanceRound(_ answer: DueAnswer, portion: Int, at now: ContinuousClock.Instant) {
    let isLast = answer.rowCount < portion
    roundPosition = isLast ? nil : answer.last
    postponeRefill(.housekeeping, to: now + (isLast ? Self.roundInterval : Self.roundStep))
  }
}
