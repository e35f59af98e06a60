import AgentAPI
import Replication
import Testing

@testable import Agent

/// A page of another site's catalog is taken only in order, and a pass over it ends.
@Suite("Pages of a catalog")
struct CatalogPageTests {
  private func page(_ ids: [String], isLast: Bool = false) -> CatalogPageRow {
    CatalogPageRow(
      rows: ids.map { CatalogEntryRow(id: $0, incarnation: "00000000000000aa", generation: nil, reading: nil) },
      position: "00000000000000bb:1:00000000000000cc", isComplete: true, isLast: isLast)
  }

  @Test(
    "ids ascend within a page and from the one before",
    arguments: [
      (["a", "b", "b/c"], nil, true), (["b"], "a", true), (["a"], "a", false), (["a"], "b", false),
      (["a", "a"], nil, false), (["b", "a"], nil, false), (["a", "c", "b"], nil, false), (["ä", "z"], nil, false),
    ] as [([String], String?, Bool)])
  func order(_ ids: [String], after: String?, isTaken: Bool) throws {
    let after = try after.map { try ReplicableID($0) }
    do {
      let taken = try page(ids).page(after: after)
      #expect(isTaken && taken.rows.map(\.id.text) == ids)
    } catch {
      #expect(!isTaken, "\(error)")
    }
  }

  @Test("an empty page is the last one, or none")
  func empty() throws {
    #expect(try page([], isLast: true).page(after: nil).rows.isEmpty)
    #expect(throws: WireError.self) { try page([]).page(after: nil) }
  }

  @Test("what cannot be parsed is reported in one bounded line")
  func told() throws {
    var row = page(["a"])
    row.position = String(repeating: "\n", count: 1 << 20)
    let error = #expect(throws: WireError.self) { try row.page(after: nil) }
    #expect(error.map { $0.description.utf8.count < 2_000 && !$0.description.contains("\n") } == true)
  }

  @Test("a pass that takes too long ends, and the next one begins anew")
  func deadline() throws {
    let (name, id) = (ReplicableName("project_repository"), try ReplicableID("a"))
    let passes = CatalogPasses(limit: .zero)
    try passes.page(of: name, after: nil)
    #expect(throws: WireError.self) { try passes.page(of: name, after: id) }
    try passes.page(of: name, after: nil)
    let patient = CatalogPasses(limit: .seconds(3_600))
    try patient.page(of: name, after: nil)
    for _ in 0..<1_000 { try patient.page(of: name, after: id) }
    try patient.page(of: ReplicableName("wiki"), after: id)
  }

  @Test("an error answer of the primary is reported in words")
  func words() {
    for error in [
      PrimaryAccessError.forked, .pruned, .missing, .unreadable("its HEAD is empty"), .unavailable("it's away"),
    ] {
      #expect(!"\(error)".contains("(\"") && !"\(error)".contains("\\"))
    }
    #expect("\(PrimaryAccessError.unavailable("ask 'x': it's away"))" == "ask 'x': it's away")
    for text in [
      SyncResult.paused(Pause(.host, "x")).text, VerificationResult.succeeded(.bracket).text,
      HousekeepingResult.notDue.text,
      CheckResult.damaged("x").text,
    ] {
      #expect(!text.contains("(") && !text.contains("\""))
    }
  }
}
