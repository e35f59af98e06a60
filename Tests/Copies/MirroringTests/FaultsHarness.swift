import Foundation
import GitTransport
import Mirroring
import SystemPackage
import TestSupport
import Testing
import WorkerPool

/// What every failed run leaves and reports: the copy as it was, one clear line, the right code.
extension MirrorHarness {
  /// Waits are short, for a test waits for their end; but a loaded machine takes its time, so only tests of silence have
  /// less than this.
  static func impatient(silence: Duration = .seconds(10)) -> TransportConfiguration {
    var configuration = TransportConfiguration(environment: ChildProcess.isolatedEnvironment())
    configuration.connectTimeout = .seconds(5)
    configuration.silenceTimeout = silence
    return configuration
  }

  /// In the URLs of these tests; must never be seen again.
  static let secret = "s3cret"

  /// Makes a run, and expects that it fails with this code and these words and changes nothing.
  ///
  /// - Parameters:
  ///   - source: nil for this harness's own.
  ///   - limit: for the whole run; by default only the limits of the transport end it.
  @discardableResult
  func expectFailure(
    _ code: String, saying words: [String] = [], source: String? = nil, to destination: String? = nil,
    limit: Duration? = nil, freeBytesToKeep: UInt64? = nil, environment: MirrorEnvironment? = nil,
    cancellation: CancellationFlag = CancellationFlag(), sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> MirrorOutcome {
    var request = try request(source: source, to: destination)
    if let limit { request.limits.run = limit }
    if let freeBytesToKeep { request.limits.freeBytesToKeep = freeBytesToKeep }
    let before = try DestinationSnapshot(below: directory.path("copies"))
    let outcome = MirrorRun(request, environment: environment ?? self.environment(), cancellation: cancellation)
      .execute()
    let after = try DestinationSnapshot(below: directory.path("copies"))
    #expect(after.differences(from: before) == [], sourceLocation: sourceLocation)
    #expect(!after.contains(Self.secret), sourceLocation: sourceLocation)
    try expectFailure(outcome, code, saying: words, sourceLocation: sourceLocation)
    return outcome
  }

  /// Expects that an outcome reports a failure in one clear line.
  func expectFailure(
    _ outcome: MirrorOutcome, _ code: String, saying words: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(outcome.status == .failed, sourceLocation: sourceLocation)
    let error = try #require(outcome.error, sourceLocation: sourceLocation)
    let line = "\(error)"
    #expect(error.code.rawValue == code, "\(line)", sourceLocation: sourceLocation)
    for word in words { #expect(line.contains(word), sourceLocation: sourceLocation) }
    #expect(
      !line.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }, "\(line)",
      sourceLocation: sourceLocation)
    #expect(!line.contains(Self.secret), sourceLocation: sourceLocation)
    #expect(error.message.first?.isUppercase == false, "\(line)", sourceLocation: sourceLocation)
    #expect(line.count < 600, "\(line)", sourceLocation: sourceLocation)
  }

  /// Expects the same failure where nothing is yet and where a copy is; afterwards that copy is whole.
  func expectFailureEverywhere(
    _ code: String, saying words: [String] = [], source url: String, limit: Duration? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try expectFailure(code, saying: words, source: url, limit: limit, sourceLocation: sourceLocation)
    try #require(!FileManager.default.fileExists(atPath: copyPath), sourceLocation: sourceLocation)
    try makeCopy(claimingToBeOf: url)
    try expectFailure(code, saying: words, source: url, limit: limit, sourceLocation: sourceLocation)
    try expectSound(sourceLocation: sourceLocation)
  }

  /// Makes a copy of the small standard source, and lets it say that it is one of `url`.
  func makeCopy(claimingToBeOf url: String) throws {
    if !FileManager.default.fileExists(atPath: sourcePath) { try smallSource() }
    let outcome = try attempt(source: sourcePath)
    try #require(outcome.status == .cloned, "\(outcome.error.map { "\($0)" } ?? "")")
    let recorded = try SourceURL(url).redacted
    try copy.run("config", "--file", "\(copyPath)/config", "remora.source", recorded)
  }

  /// Builds three commits, two branches and a tag.
  @discardableResult
  func smallSource() throws -> TestRepository {
    try source { builder in
      let commits = builder.commits(3)
      builder.branch("main", at: commits[2])
      builder.branch("side", at: commits[1])
      builder.tag("v1", of: commits[0])
    }
  }
}
