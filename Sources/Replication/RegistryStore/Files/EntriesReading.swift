internal import TextBytes
internal import WorkerPool

/// Reads the entries of a document. A large one is read by two threads, of which the second begins at a line in the
/// middle: a million entries take two seconds on one thread.
struct EntriesReading<Row: FlatRow> {
  let text: UnsafeRawBufferPointer
  let idKey: [UInt8]

  /// The result of one thread.
  private struct Part: Sendable {
    var rows = RowChunks<Row>()
    /// Where it ended, after the closing `]` or at the other thread's first entry.
    var end = 0
    var isAtBorder = false
    var failure: JSONScanError?
  }

  /// Reads entries whose `[` was taken, up to their `]`.
  func read(_ scanner: inout JSONScanner) throws(JSONScanError) -> RowChunks<Row> {
    let start = scanner.position
    guard let border = border(after: start) else {
      let whole = part(from: start, to: nil)
      if let failure = whole.failure { throw failure }
      scanner = JSONScanner(text, at: whole.end)
      return whole.rows
    }
    // It is only read, and outlives both threads.
    nonisolated(unsafe) let reading = self
    var (first, second) = Pair.run {
      reading.part(from: start, to: border)
    } _: {
      reading.part(from: border, to: nil)
    }
    if let failure = first.failure { throw failure }
    // Where the border was not the beginning of an entry (a hand-edited file may have such a layout), the first has
    // read everything.
    guard first.isAtBorder else {
      scanner = JSONScanner(text, at: first.end)
      return first.rows
    }
    if let failure = second.failure { throw failure }
    scanner = JSONScanner(text, at: second.end)
    first.rows.append(contentsOf: second.rows)
    return first.rows
  }

  /// Returns the `{` of a line in the middle of the unread bytes; `nil` when few are left.
  private func border(after start: Int) -> Int? {
    guard text.count - start >= 4 << 20 else { return nil }
    let middle = start + (text.count - start) / 2
    let mark = Array(",\n{".utf8)
    for position in middle..<min(middle + 1 << 20, text.count - mark.count) where text[position] == mark[0] {
      if text[position + 1] == mark[1], text[position + 2] == mark[2] { return position + 2 }
    }
    return nil
  }

  private func part(from start: Int, to border: Int?) -> Part {
    var part = Part()
    var scanner = JSONScanner(text, at: start)
    do throws(JSONScanError) {
      var isFirst = true
      while try scanner.hasNext(&isFirst, closing: "]") {
        _ = scanner.peek()
        if scanner.position == border {
          part.isAtBorder = true
          break
        }
        try scanner.take("{")
        part.rows.append(try Row(from: &scanner, idKey: idKey))
      }
      part.end = scanner.position
    } catch {
      part.failure = error
    }
    return part
  }
}
