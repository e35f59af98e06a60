internal import HTTPTypes
internal import Hummingbird

extension Response {
  /// An answer of a few bytes.
  ///
  /// - Parameter endsConnection: whether the connection ends behind it. Hummingbird would read the rest of the request first,
  ///   however much there is and however slowly it drips in.
  init(_ status: HTTPResponse.Status, _ headers: HTTPFields, _ bytes: ByteBuffer, endsConnection: Bool) {
    guard endsConnection else {
      self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: bytes))
      return
    }
    var headers = headers
    headers[.connection] = "close"
    let body = ResponseBody(contentLength: bytes.readableBytes) { writer in
      try await writer.write(bytes)
      try await writer.finish(nil)
      // A client that is still sending would lose the answer to the reset that a close is then; so it gets time to read.
      try await Task.sleep(for: .milliseconds(200))
      // The answer has gone out; an error behind it is how a connection is closed.
      throw ConnectionEnds()
    }
    self.init(status: status, headers: headers, body: body)
  }
}

/// Not a failure: the way to close a connection behind an answer.
private struct ConnectionEnds: Error {}
