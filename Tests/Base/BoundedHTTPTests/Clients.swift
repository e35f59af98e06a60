import BoundedHTTP
import TestSupport

/// Runs `body` with a client that is shut down afterwards.
@discardableResult
func withClient<Result>(
  _ configuration: BoundedHTTPClient.Configuration = .init(), _ body: (BoundedHTTPClient) async throws -> Result
) async throws -> Result {
  let client = BoundedHTTPClient(configuration: configuration)
  do {
    let result = try await body(client)
    await client.shutdown()
    return result
  } catch {
    await client.shutdown()
    throw error
  }
}

/// Returns the status of the answer, its body read to the end.
func status(
  of request: HTTPRequest, _ configuration: BoundedHTTPClient.Configuration = .init()
) async throws -> Int {
  try await withClient(configuration) { client in
    try await client.exchange(request) { answer in
      while try await answer.next() != nil {}
      return answer.status
    }
  }
}

extension HTTPRequest {
  static func get(_ server: RawServer, limits: HTTPLimits = HTTPLimits()) -> HTTPRequest {
    HTTPRequest(.get, "http://127.0.0.1:\(server.port)/path?a=b", limits: limits)
  }
}
