public import Remora
internal import Synchronization

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
        try await ConformanceFixture.with(kind) { try await part.run($0, findings) }
      } catch {
        findings.add("\(part.title): stopped by \(error)")
      }
    }
    guard findings.isEmpty else {
      throw ConformanceFailure(suite: suite.name, kind: kind.name.text, findings: findings.all)
    }
  }
}

/// The faults that a suite found in a replicator: each finding names the fault and the observed behavior.
public struct ConformanceFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The suite, by the name that the seeds give it: `a repository replicator`.
  public let suite: String
  /// The kind that was tested.
  public let kind: String
  /// The faults, a sentence each.
  public let findings: [String]

  /// The suite, the kind and all findings.
  public var description: String {
    "\(kind) is not \(suite): " + findings.joined(separator: "; ")
  }
}

/// A suite: its name after the seeds, and its parts, each on a ground of its own.
struct Suite: Sendable {
  /// One example.
  struct Part: Sendable {
    let title: String
    let run: @Sendable (ConformanceFixture, Findings) async throws -> Void

    init(_ title: String, _ run: @escaping @Sendable (ConformanceFixture, Findings) async throws -> Void) {
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

/// Collects what a suite finds, so that one fault does not hide another.
final class Findings: Sendable {
  private let collected = Mutex<[String]>([])

  var all: [String] { collected.withLock { $0 } }
  var isEmpty: Bool { all.isEmpty }

  func add(_ finding: String) { collected.withLock { $0.append(finding) } }

  /// Notes the fault when the claim does not hold.
  func expect(_ claim: Bool, _ fault: @autoclosure () -> String) {
    if !claim { add(fault()) }
  }
}
