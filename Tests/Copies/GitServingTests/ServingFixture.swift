import GitProtocol
import GitServing
import NIOCore
import SystemPackage
import TestSupport
import WorkerPool

/// A service over repositories in a directory of its own, and git as its referee.
final class ServingFixture: Sendable {
  let directory: TemporaryDirectory
  let service: GitService
  private let workers = WorkerPool(name: "test", threads: 2, waitingLimit: 100)

  init(_ change: (inout GitServingSettings, TemporaryDirectory) throws -> Void = { _, _ in }) throws {
    directory = try TemporaryDirectory("serving")
    var settings = GitServingSettings(environment: GitCommand().wholeEnvironment)
    settings.temporaryDirectory = FilePath(directory.path)
    settings.silenceTimeout = .seconds(30)
    try change(&settings, directory)
    service = GitService(settings: settings, workers: workers)
  }

  /// Ends what runs. Every test's last call, so that a child that is left would be seen as a hang.
  func close() async {
    await service.shutdown()
    await workers.shutdown()
  }

  /// Returns a repository as a site sees it.
  static func site(_ path: String, trustsOwner: Bool = false) -> ServedRepository {
    ServedRepository(path: FilePath(path), showsHiddenRefs: true, trustsOwner: trustsOwner)
  }

  /// Returns a repository as readers see it.
  static func people(_ path: String) -> ServedRepository {
    ServedRepository(path: FilePath(path), showsHiddenRefs: false)
  }

  /// Sends a request to `git-upload-pack` and reads the whole answer.
  func post(
    _ repository: ServedRepository, _ body: [UInt8], header: String? = "version=2", encoding: String? = nil
  ) async throws -> [UInt8] {
    try await Self.all(
      try await service.uploadPack(
        of: repository, protocolHeader: header, contentEncoding: encoding, body: Self.sequence([body])))
  }

  static func sequence(_ parts: [[UInt8]]) -> AsyncThrowingStream<ByteBuffer, any Error> {
    AsyncThrowingStream { continuation in
      for part in parts { continuation.yield(ByteBuffer(bytes: part)) }
      continuation.finish()
    }
  }

  static func all(_ reply: GitReply) async throws -> [UInt8] {
    var pieces = reply.pieces()
    var bytes: [UInt8] = []
    while let piece = try await pieces.next() { bytes += piece }
    return bytes
  }

  /// What `git upload-pack` itself answers.
  func git(
    _ path: String, _ body: [UInt8], header: String? = "version=2", options: [String] = []
  ) async throws -> [UInt8] {
    var git = GitCommand()
    if let header { git.environment["GIT_PROTOCOL"] = header }
    return try await git.attempt(options + ["upload-pack", "--stateless-rpc", "--", path], input: body).output
  }

  /// Returns the pack in an answer to a fetch, out of its side-band. How it is cut into packets is a matter of time.
  static func pack(in answer: [UInt8]) throws -> [UInt8] {
    var decoder = PktLineDecoder()
    var pack: [UInt8] = []
    try answer.withUnsafeBytes { answer in
      var rest = answer
      while let packet = try decoder.next(from: &rest) {
        if case .line(let line) = packet, line.first == 1 { pack += Array(line.dropFirst()) }
      }
    }
    return pack
  }

  /// Returns a request for a listing.
  static func listing(_ arguments: [String] = ["peel", "symrefs", "unborn"]) -> [UInt8] {
    var encoder = PktLineEncoder()
    encoder.line("command=ls-refs")
    encoder.line("agent=git/2.39.5")
    encoder.line("object-format=sha1")
    encoder.delimiter()
    for argument in arguments { encoder.line(argument) }
    encoder.flush()
    return encoder.bytes
  }

  /// Returns a request for everything that `oid` reaches.
  static func fetch(_ oid: String) -> [UInt8] {
    var encoder = PktLineEncoder()
    encoder.line("command=fetch")
    encoder.line("object-format=sha1")
    encoder.delimiter()
    encoder.line("no-progress")
    encoder.line("want \(oid)")
    encoder.line("done")
    encoder.flush()
    return encoder.bytes
  }
}

/// Gives `body` a fresh ground, and ends everything on it afterwards.
func withFixture(
  _ change: (inout GitServingSettings, TemporaryDirectory) throws -> Void = { _, _ in },
  _ body: (ServingFixture) async throws -> Void
) async throws {
  let fixture = try ServingFixture(change)
  do {
    try await body(fixture)
  } catch {
    await fixture.close()
    throw error
  }
  await fixture.close()
}

/// Returns the text of packets, for messages.
func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
