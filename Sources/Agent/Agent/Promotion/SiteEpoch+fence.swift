internal import AgentAPI
internal import EventLog
internal import Replication
internal import Synchronization

/// A running fence order: between its beginning and its end no event is published.
struct FenceTicket: Hashable, Sendable {
  /// The site that replaces this one.
  let site: String
  /// Its epoch.
  let epoch: UInt64
  /// The whole record when the order began: the order succeeds only if the record is unchanged at its end.
  let before: EpochRecord
}

extension SiteEpoch {
  /// The result of beginning a fence order.
  enum FenceBeginning: Hashable, Sendable {
    /// Nothing is published until `complete` or `abandon`.
    case begun(FenceTicket)
    /// The same site gave the same order before, and the answer was lost; the last event at that time, if recorded.
    case done(lastEventID: UInt64?)
  }

  /// Begins an order, in memory only; a crash drops it.
  ///
  /// - Parameter isForced: the other site replaces this one even if it lacks events, or if a third site has replaced
  ///   this one.
  /// - Throws: `AgentFault` 409 for an epoch that is not higher than this site's and for a site that was replaced
  ///   already, 400 for an epoch that is too far ahead, 503 while another order is being carried out.
  func beginFence(_ epoch: UInt64, by site: String, isForced: Bool) throws(AgentFault) -> FenceBeginning {
    let operation = "be replaced by '\(site)'"
    let known = record
    if let fence = known.fence, fence.by == site, known.epoch == epoch { return .done(lastEventID: fence.lastEventID) }
    guard epoch > known.epoch else {
      throw AgentFault(
        409, "old_epoch", "\(operation): its epoch \(epoch) is not higher than ours, \(known.epoch)",
        hint: "look which of the two sites is the primary; 'remora epoch set' corrects a wrong epoch")
    }
    try checkReachable(epoch, of: "'\(site)'")
    if let fence = known.fence, !isForced {
      throw AgentFault(
        409, "fenced", "\(operation): '\(fence.by)' is the primary already, epoch \(known.epoch)",
        hint: "promote '\(site)' by force only if '\(fence.by)' is lost")
    }
    let ticket = FenceTicket(site: site, epoch: epoch, before: known)
    return try state.withLock { (state) throws(AgentFault) in
      guard state.order == nil, state.record == known else {
        throw AgentFault(
          503, "busy", "\(operation): another order is being carried out at the moment", hint: "try again")
      }
      state.order = ticket
      return .begun(ticket)
    }
  }

  /// Ends an order: from now on this site durably refuses all requests.
  ///
  /// - Parameter lastEventID: the last event of this site's log.
  /// - Throws: `AgentFault` 503 when the record was changed since the beginning: then nothing is written.
  func complete(_ ticket: FenceTicket, lastEventID: UInt64) throws {
    let at = "\(now())"
    try state.withLock { state in
      guard state.order == ticket, state.record == ticket.before else {
        throw AgentFault(
          503, "busy", "be replaced by '\(ticket.site)': the epoch has changed meanwhile", hint: "try again")
      }
      var record = ticket.before
      record.epoch = ticket.epoch
      record.fence = .init(at: at, by: ticket.site, lastEventID: lastEventID)
      try save(record, &state)
      state.order = nil
    }
  }

  /// Ends a refused order. The record is unchanged.
  func abandon(_ ticket: FenceTicket) {
    state.withLock { state in
      if state.order == ticket { state.order = nil }
    }
  }

  /// Fences this site, because the site that it had replaced reports a higher epoch, its own or another one's.
  ///
  /// - Throws: `AgentFault` for an epoch that is too far ahead.
  func stepDown(to epoch: UInt64, by site: String) throws {
    try checkReachable(epoch, of: "'\(site)'")
    let at = "\(now())"
    try change { record in
      guard epoch > record.epoch else { return }
      record.epoch = epoch
      record.fence = .init(at: at, by: site, lastEventID: nil)
    }
  }

  // MARK: Publishing

  /// Begins the writing of an event to the log.
  ///
  /// - Throws: `AgentFault` as `checkNotFenced`; then nothing may be written.
  func beginPublishing() throws(AgentFault) {
    try state.withLock { (state) throws(AgentFault) in
      try state.checkNotFenced("publish an event")
      state.publishing += 1
    }
  }

  /// Ends the writing of an event, with or without success.
  func endPublishing() {
    let isLast = state.withLock { state in
      state.publishing -= 1
      return state.publishing == 0
    }
    if isLast { silence.raise() }
  }

  /// Waits for events whose writing began before the order.
  ///
  /// - Throws: `AgentFault` 503 when that takes longer than `limit`.
  func waitForPublishing(atMost limit: Duration) async throws {
    let end = ContinuousClock.now.advanced(by: limit)
    while state.withLock({ $0.publishing > 0 }) {
      try Task.checkCancellation()
      let left = ContinuousClock.now.duration(to: end)
      guard left > .zero else {
        throw AgentFault(503, "busy", "be replaced: an event is still being written to the log", hint: "try again")
      }
      await silence.wait(atMost: min(left, .milliseconds(200)))
    }
  }
}

/// The event log of a primary that may be replaced: while and after another site replaces it, no event is written. So
/// the last event that a fence order reads is the last one that was acknowledged.
struct GatedEventLog: EventPublishing, EventReading {
  let log: DurableEventLog
  /// `nil` where the site is never replaced.
  let epoch: SiteEpoch?

  func publish(_ events: [UnpublishedEvent]) async throws -> [Event] {
    try epoch?.beginPublishing()
    defer { epoch?.endPublishing() }
    return try await log.publish(events)
  }

  func position() async throws -> Cursor { try await log.position() }

  func events(after cursor: Cursor?, limit: Int, wait: Duration) async throws(PrimaryAccessError) -> EventBatch {
    try await log.events(after: cursor, limit: limit, wait: wait)
  }
}

/// Which sites may replace this primary (`may_promote`); a reload of the configuration changes it.
package final class PromotionRights: Sendable {
  private let names: Mutex<Set<String>>

  /// These sites.
  package init(_ names: Set<String> = []) { self.names = Mutex(names) }

  /// Other sites from now on.
  package func replace(_ names: Set<String>) { self.names.withLock { $0 = names } }

  /// Whether this site may replace the primary.
  package func allow(_ site: String) -> Bool { names.withLock { $0.contains(site) } }
}
