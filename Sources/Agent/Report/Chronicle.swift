package import Logging

/// Where an agent's lines for people go: one for each finished sync and each failure, without secrets, with what others said
/// made harmless.
package struct Chronicle: Sendable {
  /// For lines of rooms that know no chronicle, with nothing in them that others have said.
  package let logger: Logger

  /// A chronicle in a log.
  package init(_ logger: Logger) { self.logger = logger }

  /// A line at a level, with fields.
  package func write(_ level: Logger.Level, _ text: String, _ fields: Logger.Metadata = [:]) {
    logger.log(level: level, "\(Self.harmless(text))", metadata: fields)
  }

  /// What a server or a person said must not write into a terminal, nor make two lines of one.
  static func harmless(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) ? "?" : scalar
        }))
  }
}
