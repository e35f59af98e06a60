internal import AgentAPI
package import Logging
internal import TextBytes

/// Where an agent's lines for people go: one for each finished sync and each failure, without secrets, with what others said
/// made harmless.
package struct Chronicle: Sendable {
  /// For lines of rooms that know no chronicle, with nothing in them that others have said.
  package let logger: Logger

  /// A chronicle in a log.
  package init(_ logger: Logger) { self.logger = logger }

  /// Characters of a line, without its fields.
  private static let longest = 4_000

  /// A line at a level, with fields.
  package func write(_ level: Logger.Level, _ text: String, _ fields: Logger.Metadata = [:]) {
    logger.log(level: level, "\(ForeignText.line(text, longest: Self.longest))", metadata: fields)
  }
}
