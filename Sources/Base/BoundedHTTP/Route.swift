import AsyncHTTPClient
import Foundation
import NIOHTTP1

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
