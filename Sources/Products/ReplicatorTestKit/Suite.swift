/// A suite: its name after the seeds, and its parts, each on a ground of its own.
struct Suite: Sendable {
  /// One example.
  struct Part: Sendable {
    let title: String
    let run: @Sendable (ConformanceGround, Findings) async throws -> Void

    init(_ title: String, _ run: @escaping @Sendable (ConformanceGround, Findings) async throws -> Void) {
      self.title = title
      self.run = run
    }
  }

  let name: String
  let parts: [Part]

  static let repositoryReplicator = Suite(
    name: "a repository replicator", parts: ReplicatorParts.all + RepositoryParts.all)
  static let blobReplicator = Suite(name: "a blob replicator", parts: ReplicatorParts.all + BlobParts.all)
  static let frameworkRegistry = Suite(name: "a framework registry", parts: RegistryParts.all)
  static let verifiableRegistry = Suite(name: "a verifiable registry", parts: VerifiableRegistryParts.all)
}
