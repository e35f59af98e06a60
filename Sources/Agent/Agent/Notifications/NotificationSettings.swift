/// The channels of notifications, and their delays.
package struct NotificationSettings: Hashable, Sendable {
  /// Receives a POST with JSON. The URL is often a secret: it is never shown.
  package var webhook: String?
  /// A program; receives the JSON as its input.
  package var command: String?
  /// How long a failure must last before it is notified.
  package var after = Duration.seconds(600)
  /// How long a change may take to arrive.
  package var lag = Duration.seconds(900)

  /// No notifications.
  package init() {}
}
