import NIOCore
import NIOHTTP1

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
