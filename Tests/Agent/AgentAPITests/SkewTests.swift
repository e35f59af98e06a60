import AgentAPI
import Foundation
import TestSupport
import Testing

/// Checks that agents one minor version apart interoperate. `fixtures/api/0.1` holds the messages of the first version;
/// our messages must still have every member of them, in the same shapes, and members that a later version adds must be
/// ignored.
@Suite("Agents of two versions")
struct SkewTests {
  private static func fixture(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: Fixtures.url("api/0.1/\(name).json")))
  }

  /// Reads what the first version sent, with and without members that a later one would add, and encodes it as we do.
  private static func expectSame<Row: Codable & Equatable>(_ type: Row.Type, _ name: String) throws {
    let bytes = try fixture(name)
    let row = try AgentJSON.decode(type, from: bytes)
    let old = try JSONSerialization.jsonObject(with: Data(bytes))
    let later = try JSONSerialization.data(withJSONObject: withAdditions(old))
    #expect(try AgentJSON.decode(type, from: Array(later)) == row, "\(name)")
    let ours = try JSONSerialization.jsonObject(with: Data(try AgentJSON.encode(row)))
    #expect(holds(ours, old), "\(name): we say \(ours), the first version understood \(old)")
  }

  /// Returns every object with a key more.
  private static func withAdditions(_ value: Any) -> Any {
    if let object = value as? [String: Any] {
      return object.mapValues { withAdditions($0) }.merging(["added_later": ["x": 1]]) { $1 }
    }
    return (value as? [Any]).map { $0.map { withAdditions($0) } } ?? value
  }

  /// Returns whether everything of `old` is in `new`, with the same value.
  private static func holds(_ new: Any, _ old: Any) -> Bool {
    if let old = old as? [String: Any] {
      guard let new = new as? [String: Any] else { return false }
      return old.allSatisfy { key, value in new[key].map { holds($0, value) } ?? false }
    }
    if let old = old as? [Any] {
      guard let new = new as? [Any], new.count == old.count else { return false }
      return zip(new, old).allSatisfy { holds($0, $1) }
    }
    return (new as? NSObject) == (old as? NSObject)
  }

  @Test("what a secondary is answered")
  func answers() throws {
    try Self.expectSame(EventPage.self, "events")
    try Self.expectSame(CatalogPageRow.self, "catalog")
    try Self.expectSame(CatalogPageRow.self, "catalog-incomplete")
    for standing in ["present", "gone", "moved", "unknown"] {
      try Self.expectSame(ReplicableStatusRow.self, "standing-\(standing)")
    }
    try Self.expectSame(FenceRow.self, "fence")
  }

  @Test("the answers to a primary and to hooks")
  func questions() throws {
    try Self.expectSame(EventNotice.self, "event-notice")
    try Self.expectSame(FenceOrder.self, "fence-order")
  }

  @Test("an agent from before promotions has no epoch, and is understood")
  func withoutEpoch() throws {
    let page = try AgentJSON.decode(EventPage.self, from: Array(#"{"events":[],"cursor":"a:0:b"}"#.utf8))
    #expect(page.epoch == nil && page.events.isEmpty)
  }
}

@Suite("Words of the API")
struct WordTests {
  @Test("a word that only a newer version knows is kept, and sent as it came")
  func newer() throws {
    let text = #"{"name":"oslo","problems":[],"health":"dreaming","role":"tertiary"}"#
    let row = try AgentJSON.decode(SiteRow.self, from: text.utf8)
    #expect(row.role.known == nil && row.role.text == "tertiary" && row.role != .primary && row.role != .secondary)
    let sent = try JSONSerialization.jsonObject(with: Data(try AgentJSON.encode(row))) as? NSDictionary
    #expect(sent == ["name": "oslo", "problems": [String](), "health": "dreaming", "role": "tertiary"])
    let action = try AgentJSON.decode(RegistryAction.self, from: #"{"action":"rename","state":"asleep"}"#.utf8)
    #expect(action.action == .other("rename") && action.state == .other("asleep"))
  }

  @Test("a known word is one case, whether it was read or made")
  func known() throws {
    let row = try AgentJSON.decode(
      SiteRow.self, from: #"{"name":"a","problems":[],"health":"unknown","role":"primary"}"#.utf8)
    #expect(row == SiteRow(name: "a", role: .known(.primary)) && row.role == .primary && "\(row.health)" == "unknown")
    #expect(NotReplicatedReason.words.last == "unknown_to_primary")
    #expect(throws: DecodingError.self) {
      try AgentJSON.decode(SiteRow.self, from: #"{"name":"a","problems":[],"health":1,"role":"primary"}"#.utf8)
    }
  }
}
