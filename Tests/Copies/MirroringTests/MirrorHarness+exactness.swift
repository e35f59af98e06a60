import Foundation
import GitTransport
import GitValues
import Mirroring
import RefStore
import SystemPackage
import TestSupport
import Testing
import WorkerPool

extension MirrorHarness {
  /// Runs once and lets git judge: the copy is exact, whole and tidy, and the outcome says what it is.
  @discardableResult
  func mirrorExactly(
    excluding exclusion: [String]? = nil, adopts: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> MirrorOutcome {
    let outcome = try mirror(excluding: exclusion, adopts: adopts, sourceLocation: sourceLocation)
    try expectExact(outcome, excluding: exclusion ?? [], sourceLocation: sourceLocation)
    return outcome
  }

  /// Asks git whether the copy is what the source is.
  ///
  /// - Parameter exclusion: rules whose refs the copy must not have.
  func expectExact(
    _ outcome: MirrorOutcome, excluding exclusion: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let git = GitCommand()
    var wanted = try git.view(sourcePath)
    wanted.refs = RefExclusion(exclusion).applied(to: wanted.refs)
    let found = try git.view(copyPath)
    #expect(Self.lines(found.refs) == Self.lines(wanted.refs), sourceLocation: sourceLocation)
    if !outcome.headIsUnknown {
      #expect(found.head == wanted.head, sourceLocation: sourceLocation)
      #expect(outcome.head == wanted.head, sourceLocation: sourceLocation)
    }
    if exclusion.isEmpty, !outcome.headIsUnknown {
      #expect(
        try git.run("ls-remote", copyPath).output == git.run("ls-remote", sourcePath).output,
        "peeled lines included", sourceLocation: sourceLocation)
    }
    let comparison = try CopyComparison.compare(
      SourceURL(url(of: sourcePath)), with: layout.root, transports: transports, cancellation: CancellationFlag(),
      deadline: .distant)
    #expect(comparison.isEqual, "remora verify agrees", sourceLocation: sourceLocation)
    #expect(outcome.refs.total == wanted.refs.count, sourceLocation: sourceLocation)
    #expect(try outcome.checksum == git.checksum(copyPath), sourceLocation: sourceLocation)
    try expectSound(sourceLocation: sourceLocation)
  }

  /// Expects that the copy has every object that its refs need, refs in one file only, and nothing of a run that has
  /// ended.
  func expectSound(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try GitCommand().fsck(copyPath) == [], sourceLocation: sourceLocation)
    #expect(try TemporaryDirectory.files(below: "\(copyPath)/refs") == [], sourceLocation: sourceLocation)
    #expect(try TemporaryDirectory.leftovers(below: copyPath) == [], sourceLocation: sourceLocation)
    #expect(!FileManager.default.fileExists(atPath: layout.staging.string), sourceLocation: sourceLocation)
    let beside = try FileManager.default.contentsOfDirectory(atPath: directory.path("copies"))
    #expect(beside.allSatisfy { !$0.hasPrefix(".remora-") }, sourceLocation: sourceLocation)
  }

  /// Returns a line a ref with its peeled value: what a failed expectation can show.
  private static func lines(_ refs: RefListing) -> [String] {
    refs.map { "\($0.oid) \($0.name) \($0.peeled.map { "^\($0)" } ?? "")" }
  }
}
