import DurableJournal
import Testing

@Suite struct JournalScanTests {
  struct Damage: Error, Equatable { let line: Int }

  /// Lines are numbers; one that ends with `!` begins a group.
  private func scan(_ text: String) throws -> JournalScan {
    try Array(text.utf8).withUnsafeBytes { bytes throws(Damage) in
      try JournalScan(bytes, beginsGroup: { $0.contains(UInt8(ascii: "!")) }) { (line, _, number) throws(Damage) in
        if line.elementsEqual("stop".utf8) { throw Damage(line: -1) }
        let digits = line.filter { $0 != UInt8(ascii: "!") }
        return digits.isEmpty || !digits.allSatisfy { (0x30...0x39).contains($0) } ? Damage(line: number) : nil
      }
    }
  }

  @Test(
    "whole lines are counted up to the torn tail",
    arguments: [
      ("", 0, 0), ("1!\n2\n", 5, 2), ("1!\n2\n3", 5, 2), ("1", 0, 0), ("1!\n\u{0}\u{0}\n", 3, 1),
      ("1!\n2\u{0}\n3\n", 3, 1), ("1!\nx\n\u{0}\u{0}", 3, 1), ("\u{0}\u{0}", 0, 0),
    ])
  func whole(text: String, length: Int, lines: Int) throws {
    let scan = try scan(text)
    #expect(scan.length == length && scan.lines == lines)
  }

  @Test(
    "a bad line is damage without a zero byte, and before a later group",
    arguments: [
      ("1!\nx\n", 2), ("x\n", 1), ("1!\nx\n2", 2), ("1!\n2\u{0}\n3!\n", 2), ("1!\n\u{0}\n3\n4!", 2),
    ])
  func damage(text: String, line: Int) {
    #expect(throws: Damage(line: line)) { try scan(text) }
  }

  @Test("an error that the caller throws ends the scan, also in a torn tail")
  func thrown() {
    #expect(throws: Damage(line: -1)) { try scan("1!\nstop\n\u{0}") }
  }
}
