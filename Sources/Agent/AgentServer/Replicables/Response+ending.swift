internal import HTTPTypes
internal import Hummingbird

extension Response {
  /// An answer of a few bytes.
  ///
  /// - Parameter endsConnection: whether the connection is closed after it. Hummingbird would otherwise read the rest
  ///   of the request first, of any size and at any rate.
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
      // For a client that is still sending, the close is a reset, which could drop the answer; so it gets time to read.
      try await Task.sleep(for: .milliseconds(200))
      // The answer is sent; throwing an error after it closes the connection.
      throw ConnectionEnds()
    }
    self.init(status: status, headers: headers, body: body)
  }
}

/// Not a failure: closes a connection after an answer.
private struct ConnectionEnds: Error {}
