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
  struct Standing: Codable, Hashable, Sendable {
    var event: Condition.Event
    var subject: String
    /// Milliseconds since 1970.
    var since: Int64
    var isTold: Bool
    /// Since when it does not hold any more.
    var clearedAt: Int64?
  }

  var format = 1
  var standing: [String: Standing] = [:]
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
        ?? Standing(event: condition.event, subject: condition.subject, since: now.milliseconds, isTold: false)
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
