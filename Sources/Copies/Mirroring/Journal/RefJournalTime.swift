package import Foundation
import TextBytes

/// RFC 3339 in UTC with milliseconds, as everywhere in Remora's files.
package enum RefJournalTime {
  package static func text(_ date: Date) -> String {
    RFC3339.text(RFC3339.milliseconds(since1970: date.timeIntervalSince1970))
  }

  /// `nil` for anything that is not such a time.
  package static func date(_ text: String) -> Date? {
    RFC3339.milliseconds(anyForm: text).map { Date(timeIntervalSince1970: Double($0) / 1_000) }
  }
}
