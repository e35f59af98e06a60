/// Why a text is not the JSON that was expected.
package struct JSONScanError: Error, Hashable, CustomStringConvertible {
  /// The expected syntax.
  package let expected: String
  /// Where, in bytes from the start of the text.
  package let offset: Int

  package var description: String { "\(expected) expected at byte \(offset)" }
}
