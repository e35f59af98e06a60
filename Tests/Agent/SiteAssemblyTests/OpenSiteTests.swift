import Foundation
import GitValues
import RegistryStore
import Replication
import RepositoryReplication
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import SiteAssembly

@Suite("Opening a site")
struct OpenSiteTests {
  @Test("a declared kind and a configured one are opened alike, and both are replicated")
  func replicates() async throws {
    let fixture = try SiteFixture()
    try fixture.repository("sources/project/app.git")
    try fixture.directory.write("text", to: "sources/note/a")
    try await SiteResources.with(try fixture.plan("there", root: "sources")) { there in
      let primary = try await there.openPrimary(secondaries: ["here"]) { _, _ in }
      try await SiteResources.with(try fixture.plan("here", root: "copies")) { here in
        let steps = Mutex<[String]>([])
        let care = CopyCare(
          adoptsServed: false,
          progress: { name, id, step in steps.withLock { $0.append("\(name) \(id) \(step.text)") } })
        let secondary = try await here.openSecondary(of: primary.primary, care: care) { _, _ in }
        #expect(secondary.secondary.kinds.map(\.name) == ["project", "note"])
        try await secondary.secondary.consumeEvents()
        try await secondary.secondary.work()
        for (kind, id) in [("project", "app"), ("note", "a")] as [(ReplicableName, String)] {
          let entry = try await secondary.secondary.registry(of: kind).entry(of: ReplicableID(id))
          #expect(entry?.state == .synced, "\(kind)")
        }
        #expect(steps.withLock { $0.contains("project app listing") })
        await secondary.close()
      }
      try await primary.close()
    }
    #expect(try String(contentsOfFile: fixture.directory.path("copies/note/a"), encoding: .utf8) == "text")
    #expect(FileManager.default.fileExists(atPath: fixture.directory.path("copies/project/app.git/HEAD")))
  }

  @Test("what the caller wraps lies outside of what the kind replaces, on both sites")
  func layers() async throws {
    let fixture = try SiteFixture()
    var seen: [String] = []
    func wrap(_ strategy: any Strategy, _ kind: KindPlan) -> any Strategy {
      seen.append("\(kind.name) \((strategy as? Wrapped)?.name ?? "standard")")
      return Wrapped("caller", strategy)
    }
    try await SiteResources.with(try fixture.plan("there", root: "sources")) { there in
      let primary = try await there.openPrimary(secondaries: ["here"]) { $0.strategy = wrap($0.strategy, $1) }
      #expect((try primary.primary.strategy(of: "project") as? Wrapped)?.name == "caller")
      try await SiteResources.with(try fixture.plan("here", root: "copies")) { here in
        let secondary = try await here.openSecondary(of: primary.primary) { $0.strategy = wrap($0.strategy, $1) }
        #expect((try secondary.secondary.strategy(of: "note") as? Wrapped)?.name == "caller")
        await secondary.close()
      }
      try await primary.close()
    }
    #expect(seen == ["project own", "note standard", "project own", "note standard"])
  }

  @Test("a strategy that the caller gives takes the place of the standard one, and needs no root")
  func givenStrategy() async throws {
    let fixture = try SiteFixture()
    var plan = try fixture.plan("there", root: "nowhere")
    plan.kinds.removeFirst()
    try await SiteResources.with(plan) { site in
      let other = try KindPlan(KindConfiguration(name: "o", strategy: "blob", root: fixture.directory.path("copies")))
      let given = Wrapped("given", try await site.strategy(of: other, holdsCopies: false))
      let primary = try await site.openPrimary(secondaries: [], strategy: { _ in given }) { _, _ in }
      #expect((try primary.primary.strategy(of: "note") as? Wrapped)?.name == "given")
      try await primary.close()
    }
  }

  @Test("two kinds of one name are refused before anything is opened")
  func duplicates() async throws {
    let fixture = try SiteFixture()
    var plan = try fixture.plan("there", root: "sources")
    plan.replicate(ProjectReplicator.self, root: fixture.directory.path("copies/project"))
    await #expect(throws: ReplicationError.duplicateName("project")) {
      try await SiteResources.with(plan) { _ in () }
    }
    #expect(!FileManager.default.fileExists(atPath: fixture.directory.path("there")))
  }

  @Test("an opening that fails names the root in one line and leaves nothing open", arguments: [true, false])
  func failure(isPrimary: Bool) async throws {
    let fixture = try SiteFixture()
    let root = fixture.directory.path("sources/note")
    let plan = try fixture.plan("there", root: "sources")
    try FileManager.default.moveItem(atPath: root, toPath: root + "-aside")
    @Sendable func open(_ site: SiteResources) async throws {
      if isPrimary {
        try await site.openPrimary(secondaries: []) { _, _ in }.close()
      } else {
        try await site.openSecondary(of: NoPrimary()) { _, _ in }.close()
      }
    }
    try await SiteResources.with(plan) { site in
      await #expect {
        try await open(site)
      } throws: { error in
        error is ReplicationError && "\(error)".contains(root) && !"\(error)".contains("\n")
      }
      // The stores of the kind before it were closed: they can be opened again by the same owner.
      try FileManager.default.moveItem(atPath: root + "-aside", toPath: root)
      try await open(site)
      // The directory has one owner.
      await #expect(throws: RegistryStoreError.self) { try await SiteResources.with(plan) { _ in () } }
    }
    // What `body` throws ends the ownership as well.
    await #expect(throws: CancellationError.self) {
      try await SiteResources.with(plan) { _ -> Void in throw CancellationError() }
    }
    try await SiteResources.with(plan) { try await open($0) }
  }

  @Test("copies: care takes over what the site served as the primary, and nothing else")
  func rules() async throws {
    let fixture = try SiteFixture()
    try fixture.repository("sources/project/app.git")
    try await SiteResources.with(try fixture.plan("here", root: "sources")) { site in
      let kind = site.plan.kinds[0]
      let before = try #require(try await site.rules(of: kind, CopyCare(adoptsServed: true)))
      #expect(before.mayAdopt(try ReplicableID("app")) == false)
      let primary = try await site.openPrimary(secondaries: ["there"]) { _, _ in }
      try await primary.primary.publish(.created, of: ReplicableID("app"), "project")
      try await primary.close()
      let repaired = Mutex<[String]>([])
      let care = CopyCare(
        adoptsServed: true, repaired: { name, id, parts in repaired.withLock { $0.append("\(name) \(id) \(parts)") } })
      let rules = try #require(try await site.rules(of: kind, care))
      #expect(rules.mayAdopt(try ReplicableID("app")))
      #expect(!rules.mayAdopt(try ReplicableID("other")))
      rules.repaired(try ReplicableID("app"), ["a pack"])
      #expect(repaired.withLock { $0 } == [#"project app ["a pack"]"#])
      let ofList = try #require(try await site.rules(of: kind, CopyCare(adoptsServed: false)))
      #expect(!ofList.mayAdopt(try ReplicableID("app")))
      #expect(try await site.rules(of: kind, nil) == nil)
    }
  }

  @Test("links of a kind lead where its allowed roots say, and a missing one is named")
  func allowedRoots() async throws {
    let fixture = try SiteFixture()
    try await SiteResources.with(try fixture.plan("there", root: "sources")) { site in
      var kind = site.plan.kinds[0]
      let root = try #require(SiteResources.resolved(kind.root))
      kind.allowedRoots = [fixture.directory.path("copies")]
      let place = try site.place(of: kind, at: root, holdsCopies: true)
      #expect(place.root == root && place.holdsCopies)
      #expect(place.allowedRoots == [SiteResources.resolved(fixture.directory.path("copies"))])
      kind.allowedRoots.append("/nowhere")
      #expect {
        try site.place(of: kind, at: root, holdsCopies: true)
      } throws: { "\($0)".contains("allowed_roots of 'project': no directory at '/nowhere'") }
    }
  }
}

extension OpenSiteTests {
  /// The primary of a secondary that only opens.
  private struct NoPrimary: PrimaryAccess {
    func events(after cursor: Cursor?, limit: Int, wait: Duration) async throws(PrimaryAccessError) -> EventBatch {
      throw .unavailable("none")
    }

    func catalog(
      of name: ReplicableName, after id: ReplicableID?, limit: Int
    ) async throws(PrimaryAccessError) -> CatalogPage { throw .unavailable("none") }

    func standing(
      of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
    ) async throws(PrimaryAccessError) -> ReplicableStatus { throw .unavailable("none") }

    func listing(
      of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
    ) async throws(PrimaryAccessError) -> ContentListing { throw .unavailable("none") }

    func source(
      of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
    ) async throws(PrimaryAccessError) -> SourceAddress { throw .unavailable("none") }
  }
}
