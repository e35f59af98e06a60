internal import AgentAPI
package import Logging
internal import TextBytes

/// The agent's log: one line for each finished sync and each failure, without secrets, with foreign text escaped.
package struct Chronicle: Sendable {
  /// For modules that have no chronicle; their lines must not contain foreign text.
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
