import AgentAPI
import BoundedHTTP
import TestSupport
import Testing

@testable import AgentClient

@Suite struct AgentClientTests {
  private func asking<Answer: Sendable>(
    _ endpoint: AgentEndpoint, _ body: (AgentClient) async throws -> Answer
  ) async throws -> Answer {
    let http = BoundedHTTPClient()
    do {
      let answer = try await body(AgentClient(endpoint, http: http))
      await http.shutdown()
      return answer
    } catch {
      await http.shutdown()
      throw error
    }
  }

  @Test func `nobody at the socket is a fault that says what to do`() async throws {
    try await withTemporaryDirectory { directory in
      let fault = await #expect(throws: AgentFault.self) {
        try await asking(.socket(path: directory.path("admin sock"))) {
          try await $0.get(AgentRoute.status, as: StatusRow.self)
        }
      }
      #expect(fault?.code == "unreachable" && fault?.hint != nil && fault?.status == 0)
    }
  }

  @Test func `nobody at the port is a fault too`() async throws {
    let port = try ClosedPort()
    let fault = await #expect(throws: AgentFault.self) {
      try await asking(.url("http://127.0.0.1:\(port.port)/")) {
        try await $0.get(AgentRoute.status, as: StatusRow.self)
      }
    }
    #expect(fault?.code == "unreachable")
  }

  @Test func `a socket's path is a host, whatever is in it`() {
    #expect(
      AgentEndpoint.socket(path: "/run/a b/x.sock").url(of: "/healthz") == "http+unix://%2Frun%2Fa%20b%2Fx.sock/healthz"
    )
    #expect(AgentEndpoint.url("https://a:1/").url(of: "/healthz") == "https://a:1/healthz")
  }
}
