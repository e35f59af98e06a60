package import BoundedHTTP

/// How files come from other machines: the client with its connections, and the way out.
package struct BlobTransport: Sendable {
  /// Which proxy leads to a URL's host; `nil` to go straight.
  package typealias ProxyLookup = @Sendable (_ url: String) throws -> HTTPProxy?

  let client: BoundedHTTPClient
  let proxy: ProxyLookup
  let signer: (any RequestSigner)?

  /// - Parameters:
  ///   - client: shut down by the caller.
  ///   - proxy: asked for each request; the default goes straight everywhere.
  ///   - signer: makes the proof for each request to a source without credentials of its own.
  package init(
    client: BoundedHTTPClient, proxy: @escaping ProxyLookup = { _ in nil }, signer: (any RequestSigner)? = nil
  ) {
    self.client = client
    self.proxy = proxy
    self.signer = signer
  }
}
