package import AgentAPI
package import BoundedHTTP

/// Asks an agent. Every exchange ends: by its answer, by a limit, or with the task.
///
/// What goes wrong is always an `AgentFault`: the agent's own, or one of status 0 when it could not be asked (`unreachable`) or
/// said something that no agent says (`bad_answer`).
package struct AgentClient: Sendable {
  /// Where the agent is.
  package let endpoint: AgentEndpoint
  private let http: BoundedHTTPClient
  private let authorization: AgentAuthorization
  private let silence: Duration
  private let total: Duration

  /// An answer's headers and body.
  package struct Answer: Sendable {
    /// The headers.
    package let headers: HTTPHeaderFields
    /// The body, whole.
    package let body: [UInt8]
  }

  /// A page of a catalog of long ids, or a million refs, and some.
  private static let bodyBytes = 1 << 30

  /// - Parameters:
  ///   - http: shut down by whoever made it.
  ///   - silence: how long the agent may say nothing, beyond what it was asked to wait.
  ///   - total: how long a whole exchange may take, likewise.
  package init(
    _ endpoint: AgentEndpoint, http: BoundedHTTPClient, authorization: AgentAuthorization = .none,
    silence: Duration = .seconds(30), total: Duration = .seconds(300)
  ) {
    self.endpoint = endpoint
    self.http = http
    self.authorization = authorization
    self.silence = silence
    self.total = total
  }

  /// Asks for a value.
  ///
  /// - Parameter wait: how long the agent was asked to wait before it answers.
  package func get<Value: Decodable & Sendable>(
    _ pathAndQuery: String, as type: Value.Type, wait: Duration = .zero
  ) async throws(AgentFault) -> Value {
    try decode(type, try await ask(.get, pathAndQuery, [], wait: wait))
  }

  /// Sends a value and reads one.
  package func post<Value: Decodable & Sendable>(
    _ path: String, _ body: some Encodable, as type: Value.Type
  ) async throws(AgentFault) -> Value {
    try decode(type, try await post(path, body))
  }

  /// Sends a value.
  @discardableResult package func post(_ path: String, _ body: some Encodable) async throws(AgentFault) -> Answer {
    let bytes: [UInt8]
    do { bytes = try AgentJSON.encode(body) } catch { throw fault("bad_request", "write the question: \(error)") }
    return try await ask(.post, path, bytes, wait: .zero)
  }

  /// Asks for bytes.
  package func bytes(_ pathAndQuery: String) async throws(AgentFault) -> Answer {
    try await ask(.get, pathAndQuery, [], wait: .zero)
  }

  private func decode<Value: Decodable>(_ type: Value.Type, _ answer: Answer) throws(AgentFault) -> Value {
    do {
      return try AgentJSON.decode(type, from: answer.body)
    } catch {
      throw fault("bad_answer", "ask '\(endpoint)': its answer is not what an agent says (\(error))")
    }
  }

  private func fault(_ code: String, _ message: String, hint: String? = nil) -> AgentFault {
    AgentFault(0, code, message, hint: hint)
  }

  private func ask(
    _ method: HTTPRequest.Method, _ pathAndQuery: String, _ body: [UInt8], wait: Duration
  ) async throws(AgentFault) -> Answer {
    do {
      do {
        return try await once(method, pathAndQuery, body, wait: wait)
      } catch let failure as HTTPFailure {
        // A kept-alive connection that the agent had closed meanwhile. Asking twice does no harm: all that is asked for may be
        // asked for again.
        guard failure.kind == .connectionLost, !failure.answerBegan else { throw failure }
        return try await once(method, pathAndQuery, body, wait: wait)
      } catch is NewProofWanted {
        return try await once(method, pathAndQuery, body, wait: wait, isSecondProof: true)
      }
    } catch {
      throw translated(error)
    }
  }

  /// The agent has started again, and takes only proofs that name this start, which we know now.
  private struct NewProofWanted: Error {}

  private func translated(_ error: any Error) -> AgentFault {
    switch error {
    case let fault as AgentFault: fault
    case let failure as HTTPFailure where failure.kind == .cancelled: fault("cancelled", "ask '\(endpoint)': cancelled")
    case is CancellationError: fault("cancelled", "ask '\(endpoint)': cancelled")
    default:
      fault("unreachable", "ask the agent at '\(endpoint)': \(error)", hint: "see whether it runs and listens there")
    }
  }

  private func once(
    _ method: HTTPRequest.Method, _ pathAndQuery: String, _ body: [UInt8], wait: Duration, isSecondProof: Bool = false
  ) async throws -> Answer {
    var request = HTTPRequest(method, endpoint.url(of: pathAndQuery))
    request.headers.add("Accept", "application/json")
    if !body.isEmpty { request.headers.add("Content-Type", "application/json") }
    request.body = body
    switch authorization {
    case .none: break
    case .bearer(let token): request.headers.add("Authorization", "Bearer \(token)")
    case .signed(let signer):
      if let proof = try await signer.authorization(for: request) { request.headers.add("Authorization", proof) }
    }
    request.limits.silence = silence + wait
    request.limits.total = total + wait
    request.limits.bodyBytes = Self.bodyBytes
    return try await http.exchange(request) { answer in
      var bytes: [UInt8] = []
      while let piece = try await answer.next() { bytes += piece }
      if answer.status == 401, !isSecondProof, case .signed(let signer) = authorization,
        signer.learns(fromRefusal: answer.headers)
      {
        throw NewProofWanted()
      }
      guard (200..<300).contains(answer.status) else { throw Self.fault(answer.status, bytes) }
      return Answer(headers: answer.headers, body: bytes)
    }
  }

  private static func fault(_ status: Int, _ body: [UInt8]) -> AgentFault {
    // Whoever answers something else is no agent; the status is all that it told.
    guard var fault = try? AgentJSON.decode(AgentFault.Body.self, from: body).error else {
      return AgentFault(status, "bad_answer", "the answer has the status \(status) and says nothing more")
    }
    fault.status = status
    return fault
  }
}
