package import AgentAPI
package import BoundedHTTP
internal import TextBytes

/// Asks an agent. Every exchange ends: by its answer, by a limit, or with the task.
///
/// What goes wrong is always an `AgentFault`: the agent's own, or one of status 0 when it could not be asked
/// (`unreachable`) or said something that no agent says (`bad_answer`).
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

  /// - Parameters:
  ///   - http: shut down by its creator.
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
    try decode(type, try await ask(.get, pathAndQuery, [], wait: wait, AnswerLimit.bytes(of: pathAndQuery)))
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
    return try await ask(.post, path, bytes, wait: .zero, AnswerLimit.bytes(of: path))
  }

  /// Asks for bytes.
  ///
  /// - Parameter limit: how many at most; `nil` is what the route has.
  package func bytes(_ pathAndQuery: String, limit: Int? = nil) async throws(AgentFault) -> Answer {
    try await ask(.get, pathAndQuery, [], wait: .zero, limit ?? AnswerLimit.bytes(of: pathAndQuery))
  }

  private func decode<Value: Decodable>(_ type: Value.Type, _ answer: Answer) throws(AgentFault) -> Value {
    do {
      return try AgentJSON.decode(type, from: answer.body)
    } catch {
      throw fault(
        "bad_answer", "ask '\(endpoint)': its answer is not what an agent says (\(ForeignText.line("\(error)")))")
    }
  }

  private func fault(_ code: String, _ message: String, hint: String? = nil) -> AgentFault {
    AgentFault(0, code, message, hint: hint)
  }

  private func ask(
    _ method: HTTPRequest.Method, _ pathAndQuery: String, _ body: [UInt8], wait: Duration, _ limit: Int
  ) async throws(AgentFault) -> Answer {
    do {
      do {
        return try await once(method, pathAndQuery, body, wait: wait, limit)
      } catch let failure as HTTPFailure {
        // A kept-alive connection that the agent had closed meanwhile. Asking twice does no harm: all that is asked for
        // may be asked for again.
        guard failure.kind == .connectionLost, !failure.answerBegan else { throw failure }
        return try await once(method, pathAndQuery, body, wait: wait, limit)
      } catch is NewProofWanted {
        return try await once(method, pathAndQuery, body, wait: wait, limit, isSecondProof: true)
      }
    } catch {
      throw translated(error)
    }
  }

  /// The agent has restarted, and accepts only tokens that name this start, which the signer has now.
  private struct NewProofWanted: Error {}

  private func translated(_ error: any Error) -> AgentFault {
    switch error {
    case let fault as AgentFault: fault
    case let failure as HTTPFailure where failure.kind == .cancelled: fault("cancelled", "ask '\(endpoint)': cancelled")
    case is CancellationError: fault("cancelled", "ask '\(endpoint)': cancelled")
    case let failure as HTTPFailure: fault(of: failure)
    default: fault("unreachable", "ask the agent at '\(endpoint)': \(ForeignText.line("\(error)"))")
    }
  }

  /// What an exchange that came to no answer says to its caller: the hint follows from the cause.
  private func fault(of failure: HTTPFailure) -> AgentFault {
    let message = "ask the agent at '\(endpoint)': \(ForeignText.line(failure.detail))"
    let hint: String
    switch failure.kind {
    case .tlsFailed(let problem): return fault("unreachable", message, hint: Self.hint(for: problem))
    case .bodyTooLarge, .decompressionLimit:
      return fault("answer_too_large", message, hint: "see whether an agent listens there, and what stands between")
    case .dnsFailed: hint = "correct the name in the URL, or mend the resolver"
    case .unreachable: hint = "see whether the network leads there, and a firewall lets it pass"
    case .proxyRefused: hint = "see what the proxy allows"
    case .malformedAnswer: hint = "see whether an agent listens there: https:// in place of http://, or another port"
    default: hint = "see whether it runs and listens there"
    }
    return fault("unreachable", message, hint: hint)
  }

  private static func hint(for problem: HTTPFailure.TLSProblem) -> String {
    switch problem {
    case .untrustedIssuer:
      "name the authority that signed it in 'tls.ca_file' of the configuration, with --ca-file at a command"
    case .expired: "renew the certificate there, and reload its agent"
    case .notYetValid: "set both clocks, or wait until the certificate is valid"
    case .wrongHost: "ask by a name that the certificate has, or add this name to it"
    case .unusableTrustRoots: "make the file, or correct 'tls.ca_file' (--ca-file at a command)"
    case .handshake: "see whether that port speaks TLS 1.2 or newer: http:// in place of https://, or another port"
    }
  }

  private func once(
    _ method: HTTPRequest.Method, _ pathAndQuery: String, _ body: [UInt8], wait: Duration, _ limit: Int,
    isSecondProof: Bool = false
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
    request.limits.bodyBytes = limit
    return try await http.exchange(request) { answer in
      guard (200..<300).contains(answer.status) else {
        // What goes on behind the limit is not read, and its connection is closed.
        let bytes = try await answer.prefix(AnswerLimit.refusal)
        if answer.status == 401, !isSecondProof, case .signed(let signer) = authorization,
          signer.learns(fromRefusal: answer.headers)
        {
          throw NewProofWanted()
        }
        throw Self.fault(answer.status, bytes)
      }
      var bytes: [UInt8] = []
      while let piece = try await answer.next() { bytes += piece }
      return Answer(headers: answer.headers, body: bytes)
    }
  }

  private static func fault(_ status: Int, _ body: [UInt8]) -> AgentFault {
    // Another server answered, not an agent; only the status is usable.
    guard var fault = try? AgentJSON.decode(AgentFault.Body.self, from: body).error,
      let code = ForeignText.word(fault.code)
    else {
      return AgentFault(status, "bad_answer", "the answer has the status \(status) and says nothing more")
    }
    fault.code = code
    fault.message = ForeignText.line(fault.message)
    fault.hint = fault.hint.map { ForeignText.line($0) }
    fault.status = status
    return fault
  }
}

/// Where an agent is.
package enum AgentEndpoint: Hashable, Sendable, CustomStringConvertible {
  /// `http://…` or `https://…`, without a path.
  case url(String)
  /// A socket in an agent's state directory.
  case socket(path: String)

  /// The endpoint as displayed.
  package var description: String {
    switch self {
    case .url(let url): url
    case .socket(let path): path
    }
  }

  /// The URL of a path with its query.
  func url(of pathAndQuery: String) -> String {
    switch self {
    case .url(let url): (url.hasSuffix("/") ? String(url.dropLast()) : url) + pathAndQuery
    case .socket(let path): "http+unix://" + Self.encoded(path) + pathAndQuery
    }
  }

  /// The path of a socket as the host of a URL, each byte that could end a host encoded.
  private static func encoded(_ path: String) -> String {
    PercentCoding.encode(path.utf8) { PercentCoding.isUnreserved($0) && $0 != UInt8(ascii: "~") }
  }
}

/// How a client proves who it is.
package enum AgentAuthorization: Sendable {
  /// Not at all: a socket's mode says who may use it.
  case none
  /// By a reader's or admin's token.
  case bearer(String)
  /// By a token made for this very request.
  case signed(any RequestSigner)
}
