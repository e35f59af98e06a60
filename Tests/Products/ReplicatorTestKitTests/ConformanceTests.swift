import Remora
import ReplicatorTestKit
import Testing

struct Project: Replicable {
  typealias ReplicatorType = ProjectReplicator
  let replicableID: ReplicableID
}

struct ProjectReplicator: RepositoryReplicator {
  typealias Model = Project
  let modelRecordID: ReplicableID
}

struct Asset: Replicable {
  typealias ReplicatorType = AssetReplicator
  let replicableID: ReplicableID
}

struct AssetReplicator: BlobReplicator {
  typealias Model = Asset
  let modelRecordID: ReplicableID
}

struct Setting: Replicable {
  typealias ReplicatorType = SettingReplicator
  let replicableID: ReplicableID
}

struct SettingReplicator: BlobReplicator {
  typealias Model = Setting
  let modelRecordID: ReplicableID
  static let isMutable = true
}

@Suite("Conformance of our own kinds")
struct ConformanceTests {
  @Test("repositories declared in Swift") func repositories() async throws {
    try await ReplicatorTestKit.repositoryReplicator(ProjectReplicator.self)
    try await ReplicatorTestKit.frameworkRegistry(ProjectReplicator.self)
    try await ReplicatorTestKit.verifiableRegistry(ProjectReplicator.self)
  }

  @Test("files declared in Swift") func files() async throws {
    try await ReplicatorTestKit.blobReplicator(AssetReplicator.self)
    try await ReplicatorTestKit.frameworkRegistry(AssetReplicator.self)
    try await ReplicatorTestKit.verifiableRegistry(AssetReplicator.self)
  }

  @Test("files that may change") func mutableFiles() async throws {
    try await ReplicatorTestKit.allSuites(SettingReplicator.self)
  }

  @Test(
    "the same kinds from configuration only",
    arguments: [("project", "repository", false), ("asset", "blob", false), ("setting", "blob", true)])
  func configured(name: String, strategy: String, isMutable: Bool) async throws {
    let configuration = try KindConfiguration(name: name, strategy: strategy, root: "/replaced", isMutable: isMutable)
    try await ReplicatorTestKit.allSuites(configuration)
    #expect(configuration.kind.featureName == "geo_\(name)_replication")
  }

  @Test("a kind in Swift and the same kind from configuration have the same description")
  func sameKind() throws {
    let configured = try KindConfiguration(name: "project", strategy: "repository", root: "/srv/git").kind
    let written = ProjectReplicator.kind
    #expect(configured.name == written.name && configured.namePlural == written.namePlural)
    #expect(configured.dataType == written.dataType && configured.supportedEvents == written.supportedEvents)
    #expect(configured.isMutable == written.isMutable && configured.featureName == written.featureName)
    #expect(configured.replicationEnabledByDefault == written.replicationEnabledByDefault)
  }
}
