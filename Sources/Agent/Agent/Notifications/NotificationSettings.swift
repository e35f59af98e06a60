/// The channels of notifications, and their delays.
package struct NotificationSettings: Hashable, Sendable {
  /// Gets a POST with JSON. Often a secret of its own: never shown.
  package var webhook: String?
  /// A program; gets the JSON as its input.
  package var command: String?
  /// How long a failure must last before it is notified.
  package var after = Duration.seconds(600)
  /// How long a change may take to arrive.
  package var lag = Duration.seconds(900)

  /// No notifications.
  package init() {}
}
