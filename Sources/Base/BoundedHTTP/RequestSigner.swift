/// Proves to a server who asks, with a proof made for each request.
package protocol RequestSigner: Sendable {
  /// The value of the header `Authorization` for a request as it will be sent; `nil` where this signer has none to give, such
  /// as for another host.
  func authorization(for request: HTTPRequest) async throws -> String?

  /// Takes in what the headers of a refusal (status 401) say. The answer is whether a new proof may be taken where the last one
  /// was not.
  func learns(fromRefusal headers: HTTPHeaderFields) -> Bool
}
