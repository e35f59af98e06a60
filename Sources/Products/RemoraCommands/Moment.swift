internal import ArgumentParser
internal import Foundation
internal import TextBytes

/// A moment as it is written in options: RFC 3339, with or without fractions of a second.
enum Moment {
  /// - Throws: `ValidationError` for anything else.
  static func read(_ text: String) throws -> Date {
    guard let milliseconds = RFC3339.milliseconds(anyForm: text) else {
      throw ValidationError("write a time such as 2026-11-22T10:00:00Z")
    }
    return Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
  }
}
