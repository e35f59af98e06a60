/// The states of one kind on a primary. Every changing call returns after the change is durable.
public protocol PrimaryStateStoring: Sendable {
  /// The state of a replicable; `nil` when it was never seen, or is gone.
  func state(of id: ReplicableID) async throws -> PrimaryState?

  /// The state that has this incarnation; `nil` when none has.
  func state(of incarnation: Incarnation) async throws -> PrimaryState?

  /// The state that was recognised by this identity; `nil` when none was.
  func state(of identity: FileIdentity) async throws -> PrimaryState?

  /// Changes, makes or removes one state in one step; leaving `nil` removes it.
  func change<Answer: Sendable>(
    _ id: ReplicableID, _ change: @escaping @Sendable (inout PrimaryState?) throws -> Answer
  ) async throws -> Answer

  /// The same for many with one wait for the disk.
  func changeAll(
    _ ids: [ReplicableID], _ change: @escaping @Sendable (ReplicableID, inout PrimaryState?) throws -> Void
  ) async throws

  /// The same for as long as this process lives, without a wait for the disk: the next lasting change of a state makes
  /// all of it durable. For what a restart makes void anyway, such as the start of a reading.
  func changeAllUntilRestart(
    _ ids: [ReplicableID], _ change: @escaping @Sendable (ReplicableID, inout PrimaryState?) throws -> Void
  ) async throws

  /// Whose checksum is to be read now: pending first, then failed ones that are due, the longest due first.
  func dueForChecksum(at now: Timestamp, limit: Int) async throws -> [PrimaryState]

  /// Succeeded ones that were read before `moment`, the oldest first.
  func verified(before moment: Timestamp, limit: Int) async throws -> [PrimaryState]

  /// States that a process that died has left `started`.
  func started() async throws -> [PrimaryState]

  /// States in order of their ids, after `id`, at most `limit`.
  func window(after id: ReplicableID?, limit: Int) async throws -> [PrimaryState]

  /// All that stand there, in no particular order; `nil` where they are more than `most`.
  func all(in state: VerificationState, most: Int) async throws -> [PrimaryState]?

  /// Counts the states of offered replicables, by verification state.
  func counts() async throws -> [VerificationState: Int]

  /// Counts the states of replicables that are not offered, by reason.
  func notOfferedCounts() async throws -> [NotOffered: Int]

  /// Returns the states of replicables that are not offered, at most `limit`, in order of their ids.
  func notOffered(limit: Int) async throws -> [PrimaryState]
}

extension PrimaryStateStoring {
  /// A store that has nothing cheaper than `changeAll`.
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
