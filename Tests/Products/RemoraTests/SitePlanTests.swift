import Foundation
import RegistryStore
import Remora
import TestSupport
import Testing

@Suite("Site plans")
struct SitePlanTests {
  private static func plan(_ directory: TemporaryDirectory, root: String) throws -> SitePlan {
    var plan = SitePlan(name: "here", state: directory.path("state"))
    plan.replicate(try KindConfiguration(name: "project", strategy: "repository", root: root))
    return plan
  }

  @Test("a state directory belongs to one open site at a time")
  func locked() async throws {
    let directory = try TemporaryDirectory("plan")
    try directory.write("", to: "root/keep")
    let plan = try Self.plan(directory, root: directory.path("root"))
    try await plan.withPrimary(secondaries: []) { _ -> Void in
      await #expect(throws: RegistryStoreError.self) { try await plan.withPrimary(secondaries: []) { _ in () } }
    }
    try await plan.withPrimary(secondaries: []) { _ -> Void in () }
  }

  @Test("a root that does not exist is refused by name, and the state is released")
  func missingRoot() async throws {
    let directory = try TemporaryDirectory("plan")
    let plan = try Self.plan(directory, root: directory.path("nowhere"))
    for _ in 0..<2 {
      await #expect {
        try await plan.withPrimary(secondaries: []) { _ in () }
      } throws: { "\($0)".contains("nowhere") && $0 is ReplicationError }
    }
  }
}
