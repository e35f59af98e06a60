public import Remora

/// Suites that test whether a kind meets the framework's guarantees, for any test framework: a suite returns when all
/// holds, and throws `ConformanceFailure` with every fault that it found.
///
///     @Test func gizmo() async throws { try await ReplicatorTestKit.repositoryReplicator(GizmoReplicator.self) }
///
/// Each suite makes a primary and a secondary of its own in a temporary directory, with real repositories (the `git`
/// command must be installed), real files, durable registries and a manual clock. Nothing outside of it is touched.
public enum ReplicatorTestKit {
  /// "a repository replicator": events, copies with HEAD, generations, verification from disk, back-off, trash.
  public static func repositoryReplicator<R: RepositoryReplicator>(_ type: R.Type) async throws {
    try await check(.repositoryReplicator, KindUnderTest(type))
  }

  /// "a blob replicator": events, whole files or none, digests, back-off, trash.
  public static func blobReplicator<R: BlobReplicator>(_ type: R.Type) async throws {
    try await check(.blobReplicator, KindUnderTest(type))
  }

  /// "a framework registry": the states of syncing, their order, their counts and the consistency pass.
  public static func frameworkRegistry<R: Replicator>(_ type: R.Type) async throws {
    try await check(.frameworkRegistry, KindUnderTest(type))
  }

  /// "a verifiable registry": the states of verification.
  public static func verifiableRegistry<R: Replicator>(_ type: R.Type) async throws {
    try await check(.verifiableRegistry, KindUnderTest(type))
  }

  /// All suites that fit the data type.
  public static func allSuites<R: Replicator>(_ type: R.Type) async throws {
    try await allSuites(KindUnderTest(type))
  }

  /// All suites that fit the data type, on a kind that only a configuration names. Its root is replaced by a temporary
  /// one.
  public static func allSuites(_ configuration: KindConfiguration) async throws {
    try await allSuites(KindUnderTest(configuration))
  }

  private static func allSuites(_ kind: KindUnderTest) async throws {
    try await check(kind.dataType == .repository ? .repositoryReplicator : .blobReplicator, kind)
    try await check(.frameworkRegistry, kind)
    try await check(.verifiableRegistry, kind)
  }

  private static func check(_ suite: Suite, _ kind: KindUnderTest) async throws {
    let findings = Findings()
    for part in suite.parts {
      do {
        try await ConformanceGround.with(kind) { try await part.run($0, findings) }
      } catch {
        findings.add("\(part.title): stopped by \(error)")
      }
    }
    guard findings.isEmpty else {
      throw ConformanceFailure(suite: suite.name, kind: kind.name.text, findings: findings.all)
    }
  }
}
