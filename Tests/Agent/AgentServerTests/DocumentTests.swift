import Foundation
import HTTPTypes
import Testing

@testable import AgentServer

@Suite("The API's document")
struct DocumentTests {
  @Test("types are returned as they are written")
  func schemas() throws {
    let document = try #require(
      try JSONSerialization.jsonObject(with: Data(try APIDocument.bytes())) as? [String: Any])
    let schemas = try #require((document["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]])
    let row = try #require(schemas["RegistryRow"])
    let properties = try #require(row["properties"] as? [String: [String: Any]])
    #expect(properties["model_record_id"]?["type"] as? String == "string")
    #expect(properties["retry_count"]?["type"] as? String == "integer")
    #expect(properties["checksum_mismatch"]?["type"] as? String == "boolean")
    let required = try #require(row["required"] as? [String])
    #expect(required.contains("state") && !required.contains("last_sync_failure"))
    let kinds = try #require((schemas["StatusRow"]?["properties"] as? [String: [String: Any]])?["kinds"])
    #expect((kinds["items"] as? [String: Any])?["$ref"] as? String == "#/components/schemas/StatusRowKindRow")
    let states = try #require((schemas["StatusRowKindRow"]?["properties"] as? [String: [String: Any]])?["states"])
    #expect((states["additionalProperties"] as? [String: Any])?["type"] as? String == "integer")
  }

  @Test("a path has its methods, and no other spelling of it has any")
  func methods() {
    #expect(RouteRules.methods(of: "/api/v1/events") == ["GET", "HEAD", "POST"])
    #expect(RouteRules.methods(of: "/api/v1/kinds/any/trash") == ["GET", "HEAD", "POST"])
    #expect(RouteRules.methods(of: "/api/v1/promotion") == ["POST"])
    #expect(RouteRules.methods(of: "/api/v1/nothing").isEmpty && RouteRules.methods(of: "//api/v1/events").isEmpty)
    #expect(RouteRules.rule(for: .head, "/")?.role == .page)
    #expect(RouteRules.rule(for: .get, "/git/a/b.git/info/refs")?.role == .siteOrReader)
    #expect(RouteRules.rule(for: .get, "/git") == nil && RouteRules.rule(for: .put, "/git/a/b") == nil)
  }
}
