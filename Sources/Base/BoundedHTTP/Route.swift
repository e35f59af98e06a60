internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// How a request leaves the machine. AsyncHTTPClient has one way out per client, so there is a client per route.
enum Route: Hashable, Sendable {
  case straight
  /// Through a tunnel that the proxy opens: for https.
  case tunnel(HTTPProxy)
  /// By asking the proxy itself: for http.
  case forward(HTTPProxy)
  /// Through a connection that a SOCKS proxy makes, which looks the server's name up too.
  case socks(HTTPProxy)

  init(_ request: HTTPRequest) {
    switch request.proxy {
    case nil: self = .straight
    case let proxy? where proxy.kind == .socks5: self = .socks(proxy)
    case let proxy?: self = request.url.lowercased().hasPrefix("https:") ? .tunnel(proxy) : .forward(proxy)
    }
  }

  func apply(to settings: inout HTTPClient.Configuration) {
    switch self {
    case .straight: return
    case .tunnel(let proxy):
      settings.proxy = .server(
        host: proxy.host, port: proxy.port,
        authorization: proxy.credential.map { .basic(username: $0.user, password: $0.password) })
    case .socks(let proxy): settings.proxy = .socksServer(host: proxy.host, port: proxy.port)
    case .forward: settings.http1_1ConnectionDebugInitializer = { AbsoluteFormHandler.install($0) }
    }
  }

  /// Addresses a request to whom it goes first.
  func apply(to request: inout HTTPClientRequest) throws(HTTPFailure) {
    guard case .forward(let proxy) = self else { return }
    guard var url = URLComponents(string: request.url), let host = url.percentEncodedHost, !host.isEmpty else {
      throw HTTPFailure(.invalidRequest, "the URL is not well-formed")
    }
    request.headers.replaceOrAdd(name: "Host", value: url.port.map { "\(host):\($0)" } ?? host)
    if let credential = proxy.credential {
      request.headers.replaceOrAdd(name: "Proxy-Authorization", value: credential.authorization)
    }
    url.percentEncodedHost = proxy.host.contains(":") ? "[\(proxy.host)]" : proxy.host
    url.port = proxy.port
    guard let text = url.string else { throw HTTPFailure(.invalidRequest, "the URL is not well-formed") }
    request.url = text
  }
}

/// A proxy that stands between us and a server: one for HTTP (`CONNECT` for https, absolute request lines for http), or one for
/// everything (SOCKS 5).
package struct HTTPProxy: Sendable, Hashable {
  package enum Kind: Sendable { case http, socks5 }

  package let kind: Kind
  package let host: String
  package let port: Int
  /// Sent to the proxy, as basic authorization or as RFC 1929 says, and to no other host.
  package let credential: HTTPBasicCredential?

  /// - Parameters:
  ///   - host: name or address, without brackets; not empty.
  ///   - port: 1 to 65535.
  ///   - credential: `nil` for a proxy that asks for none.
  package init(_ kind: Kind = .http, host: String, port: Int, credential: HTTPBasicCredential? = nil) {
    precondition(!host.isEmpty && (1...65535).contains(port), "a proxy has a host and a port")
    self.kind = kind
    self.host = host
    self.port = port
    self.credential = credential
  }
}

extension HTTPProxy: CustomStringConvertible {
  /// Host and port only.
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Writes the request line in absolute form, as a proxy wants it for plain http (RFC 9112 § 3.2.2).
///
/// AsyncHTTPClient asks the proxy to CONNECT even then, and most proxies refuse to connect to port 80. So requests are
/// sent to the proxy as if it were the server, with the server in the `Host` field, and this handler on each connection
/// puts both together.
final class AbsoluteFormHandler: ChannelOutboundHandler {
  typealias OutboundIn = HTTPClientRequestPart
  typealias OutboundOut = HTTPClientRequestPart

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .head(var head) = unwrapOutboundIn(data), let host = head.headers.first(name: "Host") else {
      return context.write(data, promise: promise)
    }
    head.uri = "http://\(host)\(head.uri)"
    context.write(wrapOutboundOut(.head(head)), promise: promise)
  }

  /// Puts one into a connection that AsyncHTTPClient has just made.
  static func install(_ channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.submit {
      let pipeline = channel.pipeline.syncOperations
      let encoder = try pipeline.handler(type: HTTPRequestEncoder.self)
      try pipeline.addHandler(AbsoluteFormHandler(), position: .after(encoder))
    }
  }
}
