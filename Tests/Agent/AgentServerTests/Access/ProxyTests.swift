import BoundedHTTP
import Foundation
import TestSupport
import Testing

@testable import AgentServer

@Suite("Behind a proxy", .serialized)
struct ProxyTests {
  private static let paths = [
    "/api/v1/status", "/metrics", "/api/v1/sites", "/geo_nodes/status", "/geo_nodes/main/status",
  ]

  private static func statuses(_ fixture: AccessFixture, _ headers: [(String, String)]) async throws -> Set<Int> {
    var statuses: Set<Int> = []
    for path in paths { statuses.insert(try await fixture.ask(.get, path, headers).status) }
    return statuses
  }

  @Test("a client on this machine needs no token, unless a proxy may have sent its request")
  func neighbors() async throws {
    var settings = AccessFixture.Settings()
    settings.trustsLoopback = true
    try await withAgent(settings) { (fixture) async throws in
      #expect(try await Self.statuses(fixture, []) == [200])
      for header in ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Proto"] {
        #expect(try await Self.statuses(fixture, [(header, "127.0.0.1")]) == [401], "\(header)")
      }
      #expect(try await fixture.ask(.get, "/healthz", [("Via", "1.1 a")]).status == 200)
    }
  }

  @Test("a request through a trusted proxy has no local privilege, and counts for the address that the proxy reports")
  func trusted() async throws {
    var settings = AccessFixture.Settings()
    settings.trustsLoopback = true
    settings.proxies = ["127.0.0.1"]
    try await withAgent(settings) { (fixture) async throws in
      for headers in [[], [("X-Forwarded-For", "127.0.0.1")], [("X-Forwarded-For", "203.0.113.9")]] {
        #expect(try await Self.statuses(fixture, headers) == [401], "\(headers)")
      }
      let guess = { (address: String, number: Int) in
        try await fixture.ask(
          .get, "/api/v1/features",
          [("Authorization", "Bearer wrong\(number)"), ("X-Forwarded-For", "198.51.100.1, \(address)")]
        ).status
      }
      for number in 0..<5 { #expect(try await guess("203.0.113.9", number) == 401) }
      #expect(try await guess("203.0.113.9", 6) == 429)
      #expect(try await guess("203.0.113.10", 7) == 401)
      #expect(try await guess("2001:db8::1", 8) == 401)
    }
  }

  @Test("without the local privilege no caller has a role")
  func off() async throws {
    try await withAgent { (fixture) async throws in #expect(try await Self.statuses(fixture, []) == [401]) }
  }
}
