import AgentAPI
import Foundation
import Testing

@Suite("Fields of registry entries")
struct RegistryFieldTests {
  private static func row() throws -> RegistryRow {
    var row = RegistryRow(
      replicableName: "project_repository", id: 7, modelRecordId: "a/b", createdAt: "2026-11-24T10:00:00.000Z")
    row.state = .known(.failed)
    row.verificationState = .known(.succeeded)
    row.notOffered = .known(.broken)
    row.missingOnPrimary = true
    (row.retryCount, row.verificationRetryCount, row.checkRetryCount) = (1, 2, 3)
    let texts: [WritableKeyPath<RegistryRow, String?>] = [
      \.lastSyncedAt, \.lastSuccessAt, \.retryAt, \.lastSyncFailure, \.notOfferedAt, \.verifiedAt,
      \.verificationStartedAt, \.verificationRetryAt, \.verificationChecksum, \.verificationChecksumMismatched,
      \.verificationFailure, \.incarnation, \.wanted, \.held, \.announcedAt, \.checkedAt, \.checkFailure,
    ]
    for (index, text) in texts.enumerated() { row[keyPath: text] = "text \(index)" }
    return row
  }

  private static func json(_ value: RegistryField.Value) -> NSObject? {
    switch value {
    case .id(let text): text as NSString
    case .number(let number): number as NSNumber
    case .text(let text), .time(let text): text as NSString?
    case .count(let count): count as NSNumber
    case .flag(let flag): flag as NSNumber
    case .sync(let word): word.text as NSString
    case .verification(let word): word.text as NSString
    case .reason(let word): word?.text as NSString?
    }
  }

  @Test("each member of an entry in JSON is a field, with its value, and each field is a member")
  func members() throws {
    let row = try Self.row()
    let sent = try #require(
      try JSONSerialization.jsonObject(with: Data(try AgentJSON.encode(row))) as? [String: NSObject])
    let fields = RegistryField.all.filter { !$0.isComputed }
    #expect(Set(sent.keys) == Set(fields.map(\.jsonName)) && sent.count == fields.count)
    for field in fields { #expect(Self.json(field.value(row)) == sent[field.jsonName], "\(field.name)") }
  }

  @Test("a list is sorted and filtered by fields")
  func queries() throws {
    let names = Set(RegistryField.all.map(\.jsonName))
    for word in RegistrySort.words {
      let name = word.replacing("_asc", with: "").replacing("_desc", with: "")
      #expect(names.contains(name), "\(word)")
    }
    let list = try #require(AgentOperation.declared(.get, .registry)?.description)
    // The parameter 'id' is the id of the replicable, not the number of the entry.
    #expect(list.parameters.map(\.name).filter { names.contains($0) && $0 != "id" } == ["state", "verification_state"])
  }

  @Test("each column of an entry's page has a position of its own, and each field a place")
  func columns() {
    #expect(RegistryField.columns.compactMap(\.column?.position) == Array(1...RegistryField.columns.count))
    #expect(RegistryField.columns.map(\.name).prefix(4) == ["id", "createdAt", "lastSuccessAt", "lastSyncedAt"])
    #expect(RegistryField.all.allSatisfy { $0.graphQL != nil || $0.column != nil })
  }
}
