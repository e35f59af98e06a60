import Replication
import Testing

@testable import Agent

@Suite("A walk through a registry")
struct RegistryWalkTests {
  private static let ids = (0..<60_000).compactMap { number in
    let digits = String(number)
    return try? ReplicableID("g\(number / 30_000)/r" + String(repeating: "0", count: 5 - digits.count) + digits)
  }

  /// Returns a page as a store without an index gives it, and how many rows were looked at.
  private static func page(
    after start: String? = nil, limit: Int = 20, prefix: String? = nil, few: [ReplicableID]? = nil,
    where fits: (ReplicableID) -> Bool = { _ in true }
  ) async throws -> (rows: [String], next: String?, looks: Int) {
    var looks = 0
    let walk = RegistryWalk(start: try start.map { try ReplicableID($0) }, limit: limit, prefix: prefix)
    let (rows, next) = try await walk.rows(few, by: { $0 }) { after, limit in
      let behind = ids.drop { id in after.map { id < $0 || id == $0 } ?? false }
      looks += limit
      return Array(behind.prefix(limit))
    } where: {
      fits($0)
    }
    return (rows.map(\.text), next?.text, looks)
  }

  @Test("pages follow each other to the end")
  func pages() async throws {
    var (seen, after) = ([String](), String?.none)
    repeat {
      let page = try await Self.page(after: after, limit: 7_000)
      seen += page.rows
      after = page.next
    } while after != nil
    #expect(seen == Self.ids.map(\.text))
  }

  @Test("what fits nowhere costs no more than a few windows, and the walk goes on from there")
  func bounded() async throws {
    let page = try await Self.page { $0.text.hasSuffix("45000") }
    #expect(page.rows.isEmpty && page.next == "g0/r19999" && page.looks == 20_000)
    let second = try await Self.page(after: page.next) { $0.text.hasSuffix("45000") }
    let third = try await Self.page(after: second.next) { $0.text.hasSuffix("45000") }
    #expect(third.rows == ["g1/r45000"])
  }

  @Test("a prefix is found without reading what stands before it", arguments: ["g1/r459", "g1/", "g1/r45900", "g1"])
  func prefixes(prefix: String) async throws {
    let wanted = Self.ids.map(\.text).filter { $0.hasPrefix(prefix) }
    let page = try await Self.page(prefix: prefix)
    #expect(page.rows == Array(wanted.prefix(20)) && page.looks == 1_000)
    let last = try await Self.page(after: wanted[max(0, wanted.count - 2)], prefix: prefix)
    #expect(last.rows == Array(wanted.suffix(wanted.count > 1 ? 1 : 0)) && last.next == nil)
    let none = try await Self.page(prefix: "h")
    #expect(none.rows.isEmpty && none.next == nil)
  }

  @Test("a few are sorted, and begin behind the start")
  func few() async throws {
    let few = [Self.ids[50_000], Self.ids[3], Self.ids[40_000], Self.ids[20]]
    let page = try await Self.page(after: Self.ids[3].text, limit: 2, few: few)
    #expect(page.rows == ["g0/r00020", "g1/r40000"] && page.next == "g1/r40000" && page.looks == 0)
    let rest = try await Self.page(after: page.next, limit: 2, prefix: "g1", few: few)
    #expect(rest.rows == ["g1/r50000"] && rest.next == nil)
  }
}
