/// To whom is told what a person should know, and when.
package struct NotificationSettings: Hashable, Sendable {
  /// Gets a POST with JSON. Often a secret of its own: never shown.
  package var webhook: String?
  /// A program; gets the JSON as its input.
  package var command: String?
  /// How long something must fail before it is told.
  package var after = Duration.seconds(600)
  /// How long a change may take to arrive.
  package var lag = Duration.seconds(900)

  /// Nobody is told.
  package init() {}
}
