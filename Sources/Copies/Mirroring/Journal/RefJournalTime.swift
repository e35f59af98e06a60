package import Foundation

/// RFC 3339 in UTC with milliseconds, as everywhere in Remora's files.
package enum RefJournalTime {
  private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  package static func text(_ date: Date) -> String { date.formatted(style) }

  /// `nil` for anything that is not such a time.
  package static func date(_ text: String) -> Date? {
    // The parser's error says no more than "no".
    try? style.parse(text)
  }
}
