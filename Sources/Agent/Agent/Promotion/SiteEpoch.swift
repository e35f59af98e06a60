package import AgentAPI
package import Replication
internal import StateFiles
internal import Synchronization
internal import SystemPackage

/// Holds the epoch of this site, durable before anything depends on it.
///
/// Only three things change it: a fence order that another site has signed and that this site's configuration allows,
/// the answers of this site's own primary, and an operator. The `epoch` in a site's token is recorded and shown, and
/// changes nothing. After a crash at any line the file has the old record or the new one.
package final class SiteEpoch: Sendable {
  struct State {
    var record: EpochRecord
    /// The running fence order.
    var order: FenceTicket?
    /// Events that are being written to the log.
    var publishing = 0
    /// Sites whose last request named a higher epoch than this site's.
    var claims: [String: UInt64] = [:]
    /// Why the former primary could not be fenced at the last attempt.
    var formerFailure: String?
    var isRestartWanted = false
  }

  private let file: StateFile<EpochRecord>
  let now: @Sendable () -> Timestamp
  let state: Mutex<State>
  private let restart = AutoResetEvent()
  /// Raised when this site was fenced.
  private let fencing = AutoResetEvent()
  /// Raised when no event is being written any more.
  let silence = AutoResetEvent()

  /// Reads the record; a state directory without one was never part of a promotion.
  ///
  /// - Throws: `AgentFault` for a file that is not of this version.
  package init(state directory: String, now: @escaping @Sendable () -> Timestamp) throws {
    file = StateFile(FilePath(directory).appending("epoch.json"), format: .json(layout: .indented))
    self.now = now
    do {
      state = Mutex(State(record: try file.read() ?? EpochRecord()))
    } catch is StateFileError {
      // An unreadable record must not count as missing: a fenced primary would lose its fence.
      throw AgentFault(
        500, "damaged", "read '\(file.path)': it is not this version's record of promotions",
        hint: "bring it back from a backup, or run the version that wrote it")
    }
  }

  /// The record as it is on disk.
  package var record: EpochRecord { state.withLock { $0.record } }

  /// - Throws: `AgentFault` 409 on a primary that was replaced, 503 during a fence order.
  package func checkNotFenced(_ operation: String) throws(AgentFault) {
    try state.withLock { (state) throws(AgentFault) in try state.checkNotFenced(operation) }
  }

  // MARK: What other sites say

  /// Records the epoch in the token of a site that requests from this primary. It is a claim and fences nothing: only
  /// the primary of a higher epoch fences, by an order.
  ///
  /// - Throws: `AgentFault` 409 when this site was replaced.
  package func note(_ epoch: UInt64, from site: String) throws {
    let follows = state.withLock { state -> Bool in
      // Clamped for answers, which have no number above the highest.
      state.claims[site] = epoch > state.record.epoch ? min(epoch, EpochRange.highest) : nil
      // The site that this one replaced follows it as a secondary, and has its epoch: it needs no fence any more.
      guard let promotion = state.record.promotion, state.record.fence == nil, promotion.formerName == site else {
        return false
      }
      return !promotion.isFormerFenced && epoch == state.record.epoch
    }
    if follows { try formerIsFenced() }
    try checkNotFenced("answer '\(site)'")
  }

  /// Sites whose last request named a higher epoch than this site's, in order of names.
  package var claims: [(site: String, epoch: UInt64)] {
    state.withLock { $0.claims }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Records the epoch of the primary that this site follows.
  ///
  /// - Throws: `AgentFault` for a primary that was replaced and is not fenced yet, and for an epoch that is too far
  ///   ahead.
  func learn(_ epoch: UInt64, of primary: String) throws {
    let known = record
    guard epoch >= known.epoch else {
      throw AgentFault(
        409, "old_epoch",
        "follow the primary at '\(primary)': its epoch is \(epoch), and a primary of epoch \(known.epoch) is known",
        hint: "it was replaced by a promotion: name the new primary in the configuration; if there was no promotion,"
          + " 'remora epoch set \(epoch)' here")
    }
    try checkReachable(epoch, of: "the primary at '\(primary)'")
    // It follows another site now: an earlier promotion is over, also when the configuration names the old primary
    // again.
    let isOver = known.promotion != nil && known.fence == nil
    guard epoch > known.epoch || isOver else { return }
    let at = "\(now())"
    try change { record in
      record.epoch = max(record.epoch, epoch)
      if isOver, record.fence == nil { record.fence = .init(at: at, by: primary, lastEventID: nil) }
    }
  }

  func checkReachable(_ epoch: UInt64, of site: String) throws(AgentFault) {
    guard EpochRange.isReachable(epoch, from: record.epoch) else {
      throw AgentFault(
        400, "implausible_epoch",
        "take the epoch \(epoch) of \(site): it is more than \(EpochRange.longestStep) ahead of ours, \(record.epoch)",
        hint: "if it is right, 'remora epoch set' here")
    }
  }

  // MARK: What this site does

  /// Records that this site is the primary from the next opening on, and triggers `waitForRestart`.
  func promote(_ epoch: UInt64, _ promotion: EpochRecord.Promotion?) throws {
    try change { record in
      record.epoch = epoch
      record.promotion = promotion
      record.fence = nil
    }
    askForRestart()
  }

  /// Sets the epoch by an operator's order. Fence and promotion stay as they are.
  ///
  /// - Throws: `AgentFault` 400 for a number that leaves no room for promotions.
  package func set(_ epoch: UInt64) throws {
    guard epoch <= EpochRange.highestToSet else {
      throw AgentFault(
        400, "invalid_request", "set the epoch \(epoch): \(EpochRange.highestToSet) is the largest that may be set")
    }
    try change { $0.epoch = epoch }
    state.withLock { state in state.claims = state.claims.filter { $0.value > epoch } }
  }

  /// Records that the former primary is fenced, or follows this site.
  ///
  /// - Parameter name: its own name.
  func formerIsFenced(name: String? = nil) throws {
    let isNew = name != nil && record.promotion != nil && record.promotion?.formerName == nil
    try change { record in
      record.promotion?.isFormerFenced = true
      if isNew { record.promotion?.formerName = name }
    }
    noteFormer(failure: nil)
    // From now on it may follow this site, under its name.
    if isNew { askForRestart() }
  }

  /// Why the former primary could not be fenced at the last attempt; `nil` when it was, or was not tried.
  package var formerFailure: String? { state.withLock { $0.formerFailure } }

  func noteFormer(failure: String?) { state.withLock { $0.formerFailure = failure } }

  // MARK: Restarts

  /// Requests that the process opens the site again.
  package func askForRestart() {
    state.withLock { $0.isRestartWanted = true }
    restart.raise()
  }

  /// Whether the site was promoted or fenced since it was opened, or has other kinds, and must be opened again in its
  /// new role.
  package var wantsRestart: Bool { state.withLock { $0.isRestartWanted } }

  /// Returns when `wantsRestart` is true, or when the task is cancelled.
  package func waitForRestart() async {
    while !wantsRestart, !Task.isCancelled { await restart.wait(atMost: .seconds(3_600)) }
  }

  /// Returns when this site is fenced, or when the task is cancelled. For one task.
  func waitForFence() async {
    while record.fence == nil, !Task.isCancelled { await fencing.wait(atMost: .seconds(3_600)) }
  }

  // MARK: The file

  func change(_ body: (inout EpochRecord) -> Void) throws {
    try state.withLock { state in
      var record = state.record
      body(&record)
      try save(record, &state)
    }
  }

  /// Durable on return; the state has the old record when it throws.
  func save(_ record: EpochRecord, _ state: inout State) throws {
    guard record != state.record else { return }
    try file.write(record)
    let isFenced = state.record.fence == nil && record.fence != nil
    state.record = record
    if isFenced { fencing.raise() }
  }
}

extension SiteEpoch.State {
  func checkNotFenced(_ operation: String) throws(AgentFault) {
    if let fence = record.fence {
      throw AgentFault(
        409, "fenced", "\(operation): this primary was replaced by '\(fence.by)' at \(fence.at), epoch \(record.epoch)",
        hint: "ask '\(fence.by)'; to use this site again, make it a secondary of it")
    }
    if let order {
      throw AgentFault(
        503, "busy", "\(operation): '\(order.site)' is replacing this primary at the moment", hint: "ask again")
    }
  }
}

/// A site's record of promotions: `<state>/epoch.json`. Each promotion of a group of sites has a higher epoch than the
/// one before; only the primary with the highest epoch is valid.
package struct EpochRecord: Codable, Hashable, Sendable {
  /// This site was made the primary.
  package struct Promotion: Codable, Hashable, Sendable {
    /// RFC 3339, UTC.
    package var at: String
    /// The URL of the replaced primary's agent.
    package var formerURL: String
    /// Its name; `nil` when it never answered.
    package var formerName: String?
    /// The last consumed event of the former primary.
    package var lastEventID: UInt64
    /// Whether it is fenced, or follows this site.
    package var isFormerFenced: Bool
  }

  /// This site was the primary and was replaced.
  package struct Fence: Codable, Hashable, Sendable {
    /// RFC 3339, UTC.
    package var at: String
    /// Which site replaced it.
    package var by: String
    /// The last event of this site's log when it was fenced; `nil` in records of version 0.1.
    package var lastEventID: UInt64?
  }

  package var format = 1
  package var epoch: UInt64 = 0
  package var promotion: Promotion?
  package var fence: Fence?

  package init() {}
}
