internal import AgentAPI
internal import Replication

/// One notification; webhooks and commands receive it as JSON.
struct Notification: Codable, Hashable, Sendable {
  var site: String
  var role: String
  /// `failure`, `mismatch`, `damage`, `removals_waiting`, `lag`; `recovery` when that has ended.
  var event: String
  /// Which of them has ended.
  var recoveredFrom: String?
  /// A kind, `primary`, a site.
  var subject: String
  var message: String
  /// Since when the condition holds; RFC 3339, UTC.
  var since: String
  /// When it was noticed, or its end.
  var at: String
}

/// Which conditions hold, and which were notified: each is notified once, and its end once.
///
/// Kept in `<state>/notifications.json`, so that a restart repeats no notification.
struct NotificationBook: Codable, Hashable, Sendable {
  struct KnownCondition: Codable, Hashable, Sendable {
    var event: Condition.Event
    var subject: String
    /// Milliseconds since 1970.
    var since: Int64
    var isTold: Bool
    /// Since when it does not hold any more.
    var clearedAt: Int64?
  }

  var format = 1
  var standing: [String: KnownCondition] = [:]
  /// Undelivered notifications by channel.
  var outbox: [String: [Notification]] = [:]

  /// An end counts when it has lasted this long: a condition that ends and returns sooner is one condition.
  static let calm = Duration.seconds(60)
  /// A channel that fails for long loses its oldest notifications.
  private static let outboxLimit = 100

  /// Updates the book with the present conditions, and puts due notifications into the outbox of each channel.
  ///
  /// - Parameters:
  ///   - after: how long a failure must last.
  ///   - calm: how long an end must.
  mutating func take(
    _ conditions: [Condition], site: String, role: String, channels: [String], at now: Timestamp, after: Duration,
    calm: Duration = calm
  ) {
    for condition in conditions {
      var standing =
        standing[condition.key]
        ?? KnownCondition(event: condition.event, subject: condition.subject, since: now.milliseconds, isTold: false)
      standing.clearedAt = nil
      let lasted = now - Timestamp(milliseconds: standing.since)
      if !standing.isTold, condition.event != .failure || lasted >= after {
        standing.isTold = true
        send(
          Notification(
            site: site, role: role, event: condition.event.rawValue, subject: condition.subject,
            message: condition.message, since: "\(Timestamp(milliseconds: standing.since))", at: "\(now)"), channels)
      }
      self.standing[condition.key] = standing
    }
    let holding = Set(conditions.map(\.key))
    for (key, standing) in standing.sorted(by: { $0.key < $1.key }) where !holding.contains(key) {
      guard standing.isTold else {
        self.standing[key] = nil
        continue
      }
      let cleared = Timestamp(milliseconds: standing.clearedAt ?? now.milliseconds)
      self.standing[key]?.clearedAt = cleared.milliseconds
      // A clock that was set back must not delay it without limit.
      guard now - cleared >= calm || now < cleared else { continue }
      self.standing[key] = nil
      send(
        Notification(
          site: site, role: role, event: "recovery", recoveredFrom: standing.event.rawValue, subject: standing.subject,
          message: "\(standing.event.rawValue) of '\(standing.subject)' is over",
          since: "\(Timestamp(milliseconds: standing.since))", at: "\(now)"), channels)
    }
  }

  private mutating func send(_ notification: Notification, _ channels: [String]) {
    for channel in channels {
      outbox[channel, default: []].append(notification)
      if let count = outbox[channel]?.count, count > Self.outboxLimit {
        outbox[channel]?.removeFirst(count - Self.outboxLimit)
      }
    }
  }
}

/// A state that operators are notified of, for as long as it lasts.
struct Condition: Hashable, Sendable {
  /// The kind of a condition.
  enum Event: String, Codable, Sendable {
    /// A failure: notified after it has lasted for a while.
    case failure
    /// Copies that were not equal when they were compared.
    case mismatch
    /// Copies in which an object check found damage.
    case damage
    /// Removals that wait for a confirmation.
    case removalsWaiting = "removals_waiting"
    /// The oldest unverified change is older than the bound.
    case lag
  }

  let event: Event
  /// The subject: a kind, `primary`, a site.
  let subject: String
  /// The text of the notification; may change while the condition lasts.
  let message: String

  /// The identity of the condition, constant while it lasts.
  var key: String { "\(event.rawValue):\(subject)" }

  /// Returns the present conditions, by a site's status.
  ///
  /// - Parameter lag: the bound.
  static func all(of status: StatusRow, lag: Duration) -> [Condition] {
    var found = status.kinds.flatMap { conditions(of: $0, isPrimary: status.role == .primary) }
    if let by = status.fencedBy {
      found.append(.init(event: .failure, subject: "fence", message: "this primary was replaced by '\(by)'"))
    }
    if let primary = status.primary, !primary.isReachable {
      found.append(
        .init(event: .failure, subject: "primary", message: "the primary at \(primary.url) does not answer"))
    }
    if let paused = status.primary?.pausedBy {
      found.append(.init(event: .failure, subject: "work", message: "work rests: \(paused)"))
    }
    for host in status.failingHosts ?? []
    where status.primary.map({ SourceHost.name(of: $0.url) != host.host }) ?? true {
      found.append(
        .init(
          event: .failure, subject: "host \(host.host)",
          message: "the host \(host.host) fails since \(host.failingSince): \(host.message)"))
    }
    for trouble in status.machine ?? [] {
      found.append(
        .init(
          event: .failure, subject: "this machine: \(trouble.activity)",
          message: "this machine cannot \(trouble.activity) since \(trouble.failingSince): \(trouble.message)"))
    }
    for roster in status.rosters ?? [] {
      guard let failure = roster.failure else { continue }
      found.append(
        .init(
          event: .failure, subject: "list of \(roster.replicableName)", message: "its list cannot be read: \(failure)"))
    }
    if let oldest = status.oldestUnsynced, oldest.seconds > lag / .seconds(1) {
      found.append(
        .init(
          event: .lag, subject: oldest.replicableName,
          message: "'\(oldest.id)' has waited for \(Int(oldest.seconds)) s: \(oldest.reason)"))
    }
    return found
  }

  private static func conditions(of kind: StatusRow.KindRow, isPrimary: Bool) -> [Condition] {
    var found: [Condition] = []
    let failed = isPrimary ? kind.count(VerificationWord.failed) : kind.count(SyncWord.failed)
    if failed > 0 {
      let what = isPrimary ? "have no checksum" : "cannot be copied"
      found.append(.init(event: .failure, subject: kind.name, message: "\(failed) of '\(kind.name)' \(what)"))
    }
    let broken = kind.count(NotReplicatedReason.broken)
    if broken > 0 {
      found.append(
        .init(
          event: .failure, subject: "broken \(kind.name)",
          message: "\(broken) of '\(kind.name)' are broken on the primary: their copies stay as they are"))
    }
    if kind.isUnknownToPrimary == true {
      found.append(
        .init(event: .failure, subject: kind.name, message: "the primary has no kind '\(kind.name)'"))
    }
    if isPrimary, kind.isCatalogComplete == false, kind.count > 0 {
      found.append(
        .init(
          event: .failure, subject: "listing of \(kind.name)",
          message: "the listing of '\(kind.name)' is not complete: \(kind.skipped.first ?? "see its root")"))
    }
    if let refusal = kind.rootRefusal {
      found.append(.init(event: .failure, subject: "root of \(kind.name)", message: refusal))
    }
    if let oldest = kind.oldestFailingPoll, let count = kind.failingPolls {
      found.append(
        .init(
          event: .failure, subject: "sources of \(kind.name)",
          message: "\(count) of '\(kind.name)' cannot be asked for changes, '\(oldest.id)' since \(oldest.at):"
            + " \(oldest.message)"))
    }
    if kind.mismatched > 0 {
      found.append(
        .init(event: .mismatch, subject: kind.name, message: "\(kind.mismatched) of '\(kind.name)' were not equal"))
    }
    if kind.damaged > 0 {
      found.append(.init(event: .damage, subject: kind.name, message: "\(kind.damaged) of '\(kind.name)' are damaged"))
    }
    if !kind.removalsWaiting.isEmpty {
      found.append(
        .init(
          event: .removalsWaiting, subject: kind.name,
          message:
            "\(kind.removalsWaiting.count) removals of '\(kind.name)' wait: \(OperatorCommand.confirmRemovals(kind.name))"
        ))
    }
    return found
  }
}
