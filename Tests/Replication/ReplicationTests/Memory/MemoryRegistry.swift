import Replication

/// A registry that forgets everything with the process: the plainest thing that the port allows, and the model that the durable
/// one is compared with.
actor MemoryRegistry: RegistryStoring {
  private var entries: [ReplicableID: RegistryEntry] = [:]
  private var saved: Cursor?
  private let numbers = NumberSource()
  private var changesBeforeCrash: Int?

  func entry(of id: ReplicableID) -> RegistryEntry? { entries[id] }

  func entry(of incarnation: Incarnation) -> RegistryEntry? {
    sorted { $0.incarnation == incarnation }.first
  }

  func change<Answer: Sendable>(
    _ id: ReplicableID, _ change: @escaping @Sendable (inout RegistryEntry?, NewEntry) throws -> Answer
  ) throws -> Answer {
    if let left = changesBeforeCrash {
      guard left > 0 else { throw WalkFailure(description: "the process has died") }
      changesBeforeCrash = left - 1
    }
    var entry = entries[id]
    let numbers = numbers
    let answer = try change(&entry, NewEntry { numbers.next() })
    entries[id] = entry
    return answer
  }

  func changeAll(
    _ ids: [ReplicableID], _ change: @escaping @Sendable (ReplicableID, inout RegistryEntry?, NewEntry) throws -> Void
  ) throws {
    for id in ids { try self.change(id) { try change(id, &$0, $1) } }
  }

  func rename(_ id: ReplicableID, to newID: ReplicableID) throws {
    guard entries[newID] == nil else { throw ReplicationError.invalidID(newID.text, reason: "tracked already") }
    guard var entry = entries.removeValue(forKey: id) else { return }
    entry.replicableID = newID
    entries[newID] = entry
  }

  func rename(_ moves: [CopyMove]) throws {
    let old = moves.filter { entries[$0.id]?.incarnation == $0.incarnation }
    let leaving = Set(old.map(\.id))
    for move in old where !leaving.contains(move.newID) && entries[move.newID] != nil {
      throw ReplicationError.invalidID(move.newID.text, reason: "tracked already")
    }
    let moved = old.compactMap { move in entries.removeValue(forKey: move.id).map { (move.newID, $0) } }
    for (id, entry) in moved {
      entries[id] = entry
      entries[id]?.replicableID = id
    }
  }

  func dueForSync(at now: Timestamp, limit: Int) -> [RegistryEntry] {
    let due = sorted { $0.isDueForSync(at: now) }
    let order =
      due.filter { $0.state == .pending }
      + due.filter { $0.state == .failed }.sorted { left, right in
        (left.retryAt ?? Timestamp(milliseconds: 0), left.id) < (right.retryAt ?? Timestamp(milliseconds: 0), right.id)
      }
    return Array(order.prefix(limit))
  }

  func dueForVerification(at now: Timestamp, limit: Int) -> [RegistryEntry] {
    let due = sorted { $0.isDueForVerification(at: now) }
    let order = due.filter { $0.verificationState == .pending } + due.filter { $0.verificationState == .failed }
    return Array(order.prefix(limit))
  }

  func verified(before moment: Timestamp, limit: Int) -> [RegistryEntry] {
    Array(sorted { $0.verificationState == .succeeded && ($0.verifiedAt.map { $0 < moment } ?? true) }.prefix(limit))
  }

  func dueForCheck(at now: Timestamp, interval: Duration, limit: Int) -> [RegistryEntry] {
    let due = sorted { $0.isDueForCheck(at: now, interval: interval) }
    let damaged = due.filter { !$0.isCheckWanted && $0.checkRetryAt != nil }
    let wanted = due.filter(\.isCheckWanted)
    let rest = due.filter { !$0.isCheckWanted && $0.checkRetryAt == nil }
    let first = Timestamp(milliseconds: .min)
    let order =
      damaged.sorted { ($0.checkRetryAt ?? first, $0.id) < ($1.checkRetryAt ?? first, $1.id) } + wanted
      + rest.sorted { ($0.checkedAt ?? first, $0.id) < ($1.checkedAt ?? first, $1.id) }
    return Array(order.prefix(limit))
  }

  func started() -> [RegistryEntry] { sorted { $0.state == .started || $0.verificationState == .started } }

  func window(after id: ReplicableID?, limit: Int) -> [RegistryEntry] {
    let later = entries.values.filter { entry in id.map { $0 < entry.replicableID } ?? true }
    return Array(later.sorted { $0.replicableID < $1.replicableID }.prefix(limit))
  }

  func counts(at now: Timestamp) -> RegistryCounts {
    var counts = RegistryCounts()
    for entry in entries.values {
      if entry.hasCopy { counts.copies += 1 }
      if let reason = entry.notOffered {
        counts.notOffered[reason, default: 0] += 1
        continue
      }
      counts.states[entry.state, default: 0] += 1
      counts.verificationStates[entry.verificationState, default: 0] += 1
      if entry.isDueForVerification(at: now) { counts.needsVerification += 1 }
      if entry.checksumMismatch { counts.mismatched += 1 }
      if entry.missingOnPrimary { counts.missingOnPrimary += 1 }
      if entry.checkFailure != nil { counts.damaged += 1 }
      if entry.isCheckable, entry.checkedAt == nil { counts.unchecked += 1 }
      if entry.isCheckable, let checkedAt = entry.checkedAt {
        counts.oldestCheck = counts.oldestCheck.map { min($0, checkedAt) } ?? checkedAt
      }
    }
    return counts
  }

  /// What a backup keeps.
  struct Backup: Sendable {
    fileprivate let entries: [ReplicableID: RegistryEntry]
    fileprivate let cursor: Cursor?
  }

  /// Drops every change after so many, as if the process died; `nil` ends that.
  func die(after changes: Int?) { changesBeforeCrash = changes }

  func backup() -> Backup { Backup(entries: entries, cursor: saved) }

  func restore(_ backup: Backup) { (entries, saved) = (backup.entries, backup.cursor) }

  func cursor() -> Cursor? { saved }
  func advance(to cursor: Cursor) { saved = cursor }

  private func sorted(_ isWanted: (RegistryEntry) -> Bool) -> [RegistryEntry] {
    entries.values.filter(isWanted).sorted { $0.id < $1.id }
  }
}
