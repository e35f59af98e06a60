internal import TextBytes

/// Finds the whole lines of a journal, and distinguishes a torn tail from damage.
///
/// A group that was not synchronized when the power failed comes back as a part, or with holes of zeros. So the tail
/// is torn when its last line has no newline, or when it starts with a bad line, has a zero byte and no later group
/// begins in it. A whole line has no zero byte, and when a group begins everything before it is durable: any other
/// bad line is damage.
package struct JournalScan: Hashable, Sendable {
  /// Bytes of the whole lines.
  package private(set) var length = 0
  /// The number of whole lines.
  package private(set) var lines = 0

  /// Reads lines until the end or the torn tail.
  ///
  /// - Parameters:
  ///   - beginsGroup: whether a line, or the start of one, is the first of a group.
  ///   - accept: takes a line without its newline, its offset and its number, from 1. Returns why it is bad; the
  ///     error is thrown unless the tail is torn. An error that it throws is thrown in any case.
  package init<Failure: Error>(
    _ text: UnsafeRawBufferPointer, beginsGroup: (UnsafeRawBufferPointer) -> Bool,
    accept: (_ line: UnsafeRawBufferPointer, _ offset: Int, _ number: Int) throws(Failure) -> Failure?
  ) throws(Failure) {
    while let end = text.firstIndex(of: UInt8(ascii: "\n"), from: length) {
      let line = UnsafeRawBufferPointer(rebasing: text[length..<end])
      if let failure = try accept(line, length, lines + 1) {
        let rest = UnsafeRawBufferPointer(rebasing: text[length...])
        guard Self.isTorn(rest, beginsGroup) else { throw failure }
        return
      }
      length = end + 1
      lines += 1
    }
  }

  /// - Parameter rest: from the bad line to the end of the file.
  private static func isTorn(
    _ rest: UnsafeRawBufferPointer, _ beginsGroup: (UnsafeRawBufferPointer) -> Bool
  ) -> Bool {
    guard rest.firstIndex(of: 0, from: 0) != nil else { return false }
    var next = rest.firstIndex(of: UInt8(ascii: "\n"), from: 0)
    while let end = next {
      next = rest.firstIndex(of: UInt8(ascii: "\n"), from: end + 1)
      if beginsGroup(UnsafeRawBufferPointer(rebasing: rest[(end + 1)..<(next ?? rest.count)])) { return false }
    }
    return true
  }
}
