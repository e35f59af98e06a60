import Replication
import Testing

@Suite("Consistency windows")
struct ConsistencyWindowTests {
  private func row(_ id: String, _ incarnation: UInt64, _ generation: UInt64? = nil, log: LogID = Sample.log) throws
    -> CatalogRow
  {
    CatalogRow(
      id: try Sample.id(id), incarnation: Incarnation(incarnation),
      generation: generation.map { Sample.generation($0, log: log) })
  }

  private func entry(_ id: String, _ incarnation: UInt64?, _ wanted: UInt64? = nil) throws -> RegistryEntry {
    RegistryEntry(
      id: 1, replicableID: try Sample.id(id), createdAt: Sample.start, incarnation: incarnation.map(Incarnation.init),
      wanted: wanted.map { Sample.generation($0) })
  }

  @Test("equal sides have no differences")
  func equal() throws {
    let differences = ConsistencyWindow.differences(
      rows: [try row("a", 1, 5), try row("b", 2), try row("c", 3, 5)],
      entries: [try entry("a", 1, 5), try entry("b", 2, 9), try entry("c", 3, 7)])
    #expect(differences == ConsistencyWindow.differences(rows: [], entries: []))
  }

  @Test("what one side lacks, at the beginning, in the middle, at the end, and altogether")
  func oneSided() throws {
    let rows = [try row("a", 1), try row("c", 3), try row("e", 5)]
    let entries = [try entry("b", 2), try entry("c", 3), try entry("f", 6)]
    let differences = ConsistencyWindow.differences(rows: rows, entries: entries)
    #expect(differences.untracked.map(\.id.text) == ["a", "e"])
    #expect(differences.gone.map(\.text) == ["b", "f"])
    #expect(differences.behind.isEmpty && differences.renamed.isEmpty)
    #expect(ConsistencyWindow.differences(rows: rows, entries: []).untracked == rows)
    #expect(ConsistencyWindow.differences(rows: [], entries: entries).gone.map(\.text) == ["b", "c", "f"])
  }

  @Test("ids are in order of bytes on both sides")
  func order() throws {
    let names = ["a", "a-b", "a.b", "a/b", "aa", "\u{e9}"]
    let rows = try names.enumerated().map { try row($1, UInt64($0)) }
    let entries = try names.enumerated().map { try entry($1, UInt64($0)) }
    #expect(
      ConsistencyWindow.differences(rows: rows, entries: entries)
        == ConsistencyWindow.differences(rows: [], entries: []))
  }

  @Test("a gap in an incomplete listing removes nothing")
  func incomplete() throws {
    let differences = ConsistencyWindow.differences(
      rows: [try row("b", 2)], entries: [try entry("a", 1)], isComplete: false)
    #expect(differences.gone.isEmpty)
    #expect(differences.untracked.count == 1)
  }

  @Test("an incarnation under another id is renamed and not gone")
  func renamed() throws {
    let rows = [try row("a", 1), try row("n", 2)]
    let differences = ConsistencyWindow.differences(
      rows: rows, entries: [try entry("a", 1), try entry("m", 2), try entry("z", nil)])
    #expect(differences.renamed.map(\.id.text) == ["m"])
    #expect(differences.renamed.map(\.row) == [rows[1]])
    #expect(differences.untracked == [rows[1]])
    #expect(differences.gone.map(\.text) == ["z"])
  }

  @Test(
    "behind is a secondary that never got the row's last event, or is of another incarnation",
    arguments: [
      (1, 5, 5, false), (1, 5, 6, false), (1, 5, 4, true), (1, 5, nil, true), (1, nil, nil, false), (2, 5, 5, true),
      (nil, 5, 5, true),
    ] as [(UInt64?, UInt64?, UInt64?, Bool)])
  func behind(incarnation: UInt64?, generation: UInt64?, wanted: UInt64?, isBehind: Bool) throws {
    let row = try row("a", 1, generation)
    let differences = ConsistencyWindow.differences(rows: [row], entries: [try entry("a", incarnation, wanted)])
    #expect(differences.behind == (isBehind ? [row] : []))
  }

  @Test("a row of another log is behind; one that is ahead of the catalog's position only up to that")
  func logs() throws {
    let other = try row("a", 1, 3, log: Sample.otherLog)
    #expect(ConsistencyWindow.differences(rows: [other], entries: [try entry("a", 1, 5)]).behind == [other])
    let position = Sample.generation(7)
    let ahead = try row("a", 1, 9)
    let told = ConsistencyWindow.differences(rows: [ahead], entries: [try entry("a", 1, 7)], position: position)
    #expect(told.behind.isEmpty)
    #expect(
      ConsistencyWindow.differences(rows: [ahead], entries: [try entry("a", 1, 6)], position: position).behind == [
        ahead
      ])
    #expect(ahead.announced(at: position) == position)
    #expect(try row("a", 1, 6).announced(at: position) == Sample.generation(6))
    #expect(try row("a", 1).announced(at: position) == position)
    #expect(other.announced(at: position) == Sample.generation(3, log: Sample.otherLog))
  }
}
