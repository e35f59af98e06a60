/// Why a text is not the JSON that was expected.
struct JSONScanError: Error, Hashable, CustomStringConvertible {
  /// What was expected.
  let expected: String
  /// Where, in bytes from the start of the text.
  let offset: Int

  var description: String { "\(expected) expected at byte \(offset)" }
}
