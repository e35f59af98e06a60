import Glibc

/// What went wrong in the scaffolding of a test, never in the part under test.
package struct TestSupportError: Error, CustomStringConvertible {
  /// What was tried, on what, and what the layer below said; lower case.
  package let description: String

  package init(_ description: String) { self.description = description }

  /// Returns a failed system call.
  static func systemCall(_ call: StaticString, on subject: String = "", number: Int32) -> TestSupportError {
    let place = subject.isEmpty ? "" : " on \(subject)"
    return TestSupportError("\(call)\(place): \(String(cString: strerror(number)))")
  }
}
