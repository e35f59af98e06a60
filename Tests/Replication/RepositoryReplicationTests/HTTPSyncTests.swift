import Foundation
import Replication
import RepositoryReplication
import TestSupport
import Testing

/// Syncs from git's own `http-backend` behind nginx.
@Suite("Repositories over HTTP", .timeLimit(.minutes(10)))
struct HTTPSyncTests {
  private static func serving(
    _ body: @Sendable (StrategyFixture, GitHTTPServer) async throws -> Void
  ) async throws {
    try await StrategyFixture.with { fixture in
      var options = GitHTTPServer.Options()
      options.extraConfiguration = [401, 403, 500, 502, 503].map { "location /\($0).git/ { return \($0); }" }
        .joined(separator: "\n")
      let server = try GitHTTPServer(root: fixture.directory.path("source"), options: options)
      defer { server.stop() }
      try await body(fixture, server)
    }
  }

  private static func failure(_ fixture: StrategyFixture, _ id: String, from url: String) async throws -> StrategyError
  {
    let id = try ReplicableID(id)
    let error = await #expect(throws: StrategyError.self) { _ = try await fixture.sync(id, from: url) }
    #expect(!FileManager.default.fileExists(atPath: fixture.copyPath(id)))
    return try #require(error)
  }

  @Test("a copy comes, is found unchanged by one request, follows, and is fetched anew")
  func life() async throws {
    try await Self.serving { fixture, server in
      let id = try fixture.build("group/app")
      let url = server.url("group/app.git")
      let git = GitCommand()
      let first = try await fixture.sync(id, from: url)
      #expect(first.hasChanged && first.bytes > 0)
      #expect(try git.view(fixture.copyPath(id)) == git.view(fixture.sourcePath(id)))
      #expect(try git.fsck(fixture.copyPath(id)) == [])

      try server.clearAccessLog()
      let second = try await fixture.sync(id, from: url)
      #expect(!second.hasChanged && second.checksum == first.checksum)
      #expect(try server.accessLog().count == 1)

      _ = try await git.run("-C", fixture.sourcePath(id), "update-ref", "refs/heads/new", "refs/heads/side")
      let third = try await fixture.sync(id, from: url)
      #expect(third.hasChanged && third.checksum != first.checksum)

      let fresh = try await fixture.sync(id, from: url, isFresh: true)
      #expect(fresh.hasChanged && fresh.checksum == third.checksum && fresh.bytes > 0)
      #expect(try git.view(fixture.copyPath(id)) == git.view(fixture.sourcePath(id)))
      #expect(try git.fsck(fixture.copyPath(id)) == [])
      #expect(try await fixture.copies.trash().map(\.reason) == ["displaced"])
    }
  }

  @Test("what the server does not have is missing on the primary, and no other failure is reported")
  func missing() async throws {
    try await Self.serving { fixture, server in
      _ = try fixture.build("there")
      let error = try await Self.failure(fixture, "gone", from: server.url("gone.git"))
      #expect(error.code == .missingOnPrimary && error.disposition == .replicable, "\(error)")
    }
  }

  @Test("a server that refuses or fails is the host's failure", arguments: [401, 403, 500, 502, 503])
  func refused(_ status: Int) async throws {
    try await Self.serving { fixture, server in
      let error = try await Self.failure(fixture, "a", from: server.url("\(status).git"))
      #expect(error.code != .missingOnPrimary && error.disposition == .host, "\(error)")
      if status != 401 { #expect(error.message.contains("\(status)")) }
    }
  }

  @Test("a port without a listener is the host's failure")
  func closed() async throws {
    try await StrategyFixture.with { fixture in
      let port = try ClosedPort()
      let error = try await Self.failure(fixture, "a", from: "http://127.0.0.1:\(port.port)/a.git")
      #expect(error.code.rawValue == "connection_refused" && error.disposition == .host, "\(error)")
    }
  }
}
