import Foundation
import GitServing
import NIOCore
import Synchronization
import TestSupport
import Testing

@Suite("Requests")
struct RequestTests {
  private func withRepository(
    limit: Int = 1 << 20, _ body: (ServingFixture, ServedRepository) async throws -> Void
  ) async throws {
    try await withFixture { settings, _ in
      settings.maximumRequestBytes = limit
    } _: { fixture in
      var builder = RepositoryBuilder()
      builder.branch("main", at: builder.commit())
      try await body(fixture, .init(site: try builder.build(at: fixture.directory.path("r.git"))))
    }
  }

  private func gzip(_ bytes: [UInt8]) async throws -> [UInt8] {
    let outcome: ProcessOutcome = try await ChildProcess("gzip", ["-c"], input: .bytes(bytes)).outcome()
    return outcome.output
  }

  private func refusal(
    _ fixture: ServingFixture, _ repository: ServedRepository, _ body: [UInt8], encoding: String?
  ) async -> GitServingError? {
    do {
      _ = try await fixture.post(repository, body, encoding: encoding)
      return nil
    } catch {
      return error as? GitServingError
    }
  }

  @Test("a packed request is understood, in pieces of any size", arguments: [1, 7, 100_000])
  func packed(size: Int) async throws {
    try await withRepository { fixture, repository in
      let request = ServingFixture.listing()
      let packed = try await gzip(request)
      let parts = stride(from: 0, to: packed.count, by: size).map { Array(packed[$0..<min($0 + size, packed.count)]) }
      let reply = try await fixture.service.uploadPack(
        of: repository, protocolHeader: "version=2", contentEncoding: "gzip", body: ServingFixture.sequence(parts))
      #expect(reply.contentType == "application/x-git-upload-pack-result")
      let plain = try await fixture.post(repository, request)
      #expect(try await ServingFixture.all(reply) == plain)
    }
  }

  @Test("a packed request that is damaged, cut off, or goes on behind its end is refused")
  func damaged() async throws {
    try await withRepository { fixture, repository in
      let packed = try await gzip(ServingFixture.listing())
      var flipped = packed
      flipped[packed.count / 2] ^= 0x55
      for body in [flipped, Array(packed.dropLast()), packed + [0], Array("0000".utf8), []] {
        #expect(await refusal(fixture, repository, body, encoding: "gzip")?.code == .badRequest)
      }
      #expect(await refusal(fixture, repository, packed, encoding: "br")?.httpStatus == 415)
    }
  }

  @Test("a request over the limit is refused, packed or not, and leaves nothing behind")
  func tooLarge() async throws {
    try await withRepository(limit: 10_000) { fixture, repository in
      let large = [UInt8](repeating: UInt8(ascii: "0"), count: 1 << 20)
      for (body, encoding) in [(large, nil), (try await gzip(large), "gzip")] as [([UInt8], String?)] {
        let error = await refusal(fixture, repository, body, encoding: encoding)
        #expect(error?.code == .requestTooLarge)
        #expect(error?.httpStatus == 413)
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path)
      #expect(left == ["r.git"])
    }
  }

  @Test("what a request unpacks to is reserved before it is written")
  func reserved() async throws {
    struct Full: Error {}
    final class Room: Sendable {
      let taken = Mutex(0)
    }
    try await withRepository { fixture, repository in
      let packed = try await gzip([UInt8](repeating: UInt8(ascii: "0"), count: 1 << 20))
      let room = Room()
      let error = await #expect(throws: GitServingError.self) {
        _ = try await fixture.service.uploadPack(
          of: repository, protocolHeader: "version=2", contentEncoding: "gzip", body: ServingFixture.sequence([packed]),
          reserve: { count in
            try room.taken.withLock { taken in
              guard taken + count <= 200_000 else { throw Full() }
              taken += count
            }
          })
      }
      #expect(error?.code == .busy && packed.count < 10_000)
      let taken = room.taken.withLock { $0 }
      #expect(taken > 100_000)
    }
  }

  @Test("a request that stops in the middle is given up")
  func slow() async throws {
    try await withFixture { settings, _ in
      settings.requestTimeout = .milliseconds(50)
    } _: { fixture in
      let repository = try RepositoryBuilder().build(at: fixture.directory.path("r.git"))
      let (body, continuation) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
      continuation.yield(ByteBuffer(string: "0014"))
      let error = await #expect(throws: GitServingError.self) {
        _ = try await fixture.service.uploadPack(
          of: .init(site: repository), protocolHeader: "version=2", contentEncoding: nil, body: body)
      }
      #expect(error?.code == .requestTimeout)
      continuation.finish()
    }
  }

  @Test("a request that breaks off is refused, whatever it was about to be")
  func brokenOff() async throws {
    struct Gone: Error {}
    try await withRepository { fixture, repository in
      let (body, continuation) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
      continuation.yield(ByteBuffer(bytes: ServingFixture.listing()))
      continuation.finish(throwing: Gone())
      let error = await #expect(throws: GitServingError.self) {
        _ = try await fixture.service.uploadPack(
          of: repository, protocolHeader: "version=2", contentEncoding: nil, body: body)
      }
      #expect(error?.code == .badRequest)
    }
  }

  @Test("rubbish is refused by git, and the client gets a status and no empty answer")
  func rubbish() async throws {
    try await withRepository { fixture, repository in
      for body in ["zzzz", "0010command=what\n0000", "0014command=ls-refs\n00010009bogus0000"] {
        let error = await refusal(fixture, repository, Array(body.utf8), encoding: nil)
        #expect(error?.code == .failed, "\(body)")
        #expect(error?.cause.contains("fatal: ") == true, "\(String(describing: error))")
        #expect(error?.summary.contains(fixture.directory.path) == false)
      }
    }
  }
}
