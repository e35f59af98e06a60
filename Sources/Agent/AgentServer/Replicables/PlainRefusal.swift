internal import AgentAPI
internal import HTTPTypes
internal import Hummingbird
internal import Logging

/// A refusal with one line of text.
struct PlainRefusal: Error {
  let status: HTTPResponse.Status
  let text: String
  /// Seconds, for `Retry-After`.
  let retryAfter: Int64?
  /// Whether the connection ends with the answer. Hummingbird would read the rest of a request first, however slowly
  /// that drips in.
  let endsConnection: Bool
  /// Whether the client is Git LFS, which reads only its own JSON.
  let isLargeFiles: Bool

  init(
    _ status: HTTPResponse.Status, _ text: String, retryAfter: Int64? = nil, endsConnection: Bool = false,
    isLargeFiles: Bool = false
  ) {
    self.status = status
    self.text = text
    self.retryAfter = retryAfter
    self.endsConnection = endsConnection
    self.isLargeFiles = isLargeFiles
  }

  init(_ refusal: ReplicablePath.Refusal) {
    switch refusal {
    case .malformed(let reason): self.init(.badRequest, "the path is malformed: \(reason)")
    case .notFound: self.init(.notFound, "there is nothing at this path")
    }
  }

  /// The answer, after a line in the log.
  /// - Parameter reason: the text of the log in place of the answer's, if more detailed.
  func response(to request: Request, _ context: some RequestContext, because reason: String? = nil) -> Response {
    context.logger.log(
      level: status.code >= 500 ? .warning : .notice,
      "refused \(request.method.rawValue) \(request.uri.path.prefix(200)): \(reason ?? text)",
      metadata: ["status": "\(status.code)"])
    return response
  }

  private var response: Response {
    var headers: HTTPFields = [
      .contentType: "text/plain; charset=utf-8", .cacheControl: "no-cache", .xContentTypeOptions: "nosniff",
    ]
    if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
    if isLargeFiles { headers[.contentType] = "application/vnd.git-lfs+json" }
    let json = isLargeFiles ? try? AgentJSON.encode(["message": text]) : nil
    let line = json.map { ByteBuffer(bytes: $0) } ?? ByteBuffer(string: text + "\n")
    return Response(status, headers, line, endsConnection: endsConnection)
  }
}
