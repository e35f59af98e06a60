internal import HTTPTypes
internal import Hummingbird

/// An answer of one line of text that says no.
struct PlainRefusal: Error {
  let status: HTTPResponse.Status
  let text: String
  /// Seconds, for `Retry-After`.
  var retryAfter: Int64?

  init(_ status: HTTPResponse.Status, _ text: String, retryAfter: Int64? = nil) {
    self.status = status
    self.text = text
    self.retryAfter = retryAfter
  }

  init(_ refusal: ReplicablePath.Refusal) {
    switch refusal {
    case .malformed(let reason): self.init(.badRequest, "the path is malformed: \(reason)")
    case .notFound: self.init(.notFound, "there is nothing at this path")
    }
  }

  var response: Response {
    var headers: HTTPFields = [
      .contentType: "text/plain; charset=utf-8", .cacheControl: "no-cache", .xContentTypeOptions: "nosniff",
    ]
    if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text + "\n")))
  }
}
