internal import ArgumentParser
internal import Foundation

/// A moment as it is written in options: RFC 3339, with or without fractions of a second.
enum Moment {
  /// - Throws: `ValidationError` for anything else.
  static func read(_ text: String) throws -> Date {
    for hasFraction in [true, false] {
      // Each of the two forms is tried; the error of one says nothing about the other.
      if let date = try? Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction).parse(text) { return date }
    }
    throw ValidationError("write a time such as 2026-11-22T10:00:00Z")
  }
}
