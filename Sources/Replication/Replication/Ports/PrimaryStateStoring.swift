/// The states of one kind on a primary. Every changing call returns after the change is durable.
public protocol PrimaryStateStoring: Sendable {
  /// The state of a replicable; `nil` when it was never seen, or is gone.
  func state(of id: ReplicableID) async throws -> PrimaryState?

  /// The state that has this incarnation; `nil` when none has.
  func state(of incarnation: Incarnation) async throws -> PrimaryState?

  /// Returns the state with this identity; `nil` when there is none.
  func state(of identity: FileIdentity) async throws -> PrimaryState?

  /// Changes, creates or removes one state atomically; assigning `nil` removes it.
  func change<Answer: Sendable>(
    _ id: ReplicableID, _ change: @escaping @Sendable (inout PrimaryState?) throws -> Answer
  ) async throws -> Answer

  /// Does the same for many states with one wait for the disk.
  func changeAll(
    _ ids: [ReplicableID], _ change: @escaping @Sendable (ReplicableID, inout PrimaryState?) throws -> Void
  ) async throws

  /// Does the same until the process ends, without a wait for the disk: the next durable change of a state makes all of
  /// it durable. For changes that a restart voids anyway, such as the start of a reading.
  func changeAllUntilRestart(
    _ ids: [ReplicableID], _ change: @escaping @Sendable (ReplicableID, inout PrimaryState?) throws -> Void
  ) async throws

  /// Returns the states whose checksum must be read now: pending ones first, then failed ones that are due, the longest
  /// due first.
  func dueForChecksum(at now: Timestamp, limit: Int) async throws -> [PrimaryState]

  /// Returns succeeded states that were read before `moment`, the oldest first.
  func verified(before moment: Timestamp, limit: Int) async throws -> [PrimaryState]

  /// Returns states that a dead process left `started`.
  func started() async throws -> [PrimaryState]

  /// Returns states in order of their ids, after `id`, at most `limit`.
  func window(after id: ReplicableID?, limit: Int) async throws -> [PrimaryState]

  /// Returns all in this verification state, in no particular order; `nil` where there are more than `most`.
  func all(in state: VerificationState, most: Int) async throws -> [PrimaryState]?

  /// Counts the states of offered replicables, by verification state.
  func counts() async throws -> [VerificationState: Int]

  /// Counts the states of replicables that are not offered, by reason.
  func notOfferedCounts() async throws -> [NotOffered: Int]

  /// Returns the states of replicables that are not offered, at most `limit`, in order of their ids.
  func notOffered(limit: Int) async throws -> [PrimaryState]
}

extension PrimaryStateStoring {
  /// The default for a store without a cheaper change: `changeAll`.
  public func changeAllUntilRestart(
    _ ids: [ReplicableID], _ change: @escaping @Sendable (ReplicableID, inout PrimaryState?) throws -> Void
  ) async throws {
    try await changeAll(ids, change)
  }

  /// A store without counters: reads everything.
  public func notOfferedCounts() async throws -> [NotOffered: Int] {
    try await notOffered(limit: .max).reduce(into: [:]) { counts, state in
      if let reason = state.notOffered { counts[reason, default: 0] += 1 }
    }
  }

  /// A store without an index: reads everything.
  public func notOffered(limit: Int) async throws -> [PrimaryState] {
    var found: [PrimaryState] = []
    var last: ReplicableID?
    repeat {
      let window = try await window(after: last, limit: 1_000)
      found += window.filter { $0.notOffered != nil }
      last = window.last?.replicableID
    } while last != nil && found.count < limit
    return Array(found.prefix(limit))
  }

  /// A store without an index: reads everything.
  public func all(in state: VerificationState, most: Int) async throws -> [PrimaryState]? {
    var found: [PrimaryState] = []
    var last: ReplicableID?
    repeat {
      let window = try await window(after: last, limit: 1_000)
      found += window.filter { $0.verificationState == state }
      guard found.count <= most else { return nil }
      last = window.last?.replicableID
    } while last != nil
    return found
  }
}
