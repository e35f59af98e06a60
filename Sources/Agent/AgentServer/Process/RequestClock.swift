internal import NIOCore
internal import NIOHTTPTypes

/// Closes connections whose requests are not completed in time: a client that sends a byte now and then would otherwise
/// hold a slot without limit.
///
/// The clock runs from the opening, or from the last answer's end, to the head of a request, and from there to the end
/// of its body. It stops while the agent works and answers, because answers have their own limits.
final class RequestClock: ChannelInboundHandler, ChannelOutboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let headLimit: TimeAmount
  private let bodyLimit: TimeAmount
  private var alarm: Scheduled<Void>?

  /// - Parameters:
  ///   - headLimit: how long the next request may take to begin, and its head to arrive.
  ///   - bodyLimit: how long a body may take.
  init(head headLimit: TimeAmount, body bodyLimit: TimeAmount) {
    self.headLimit = headLimit
    self.bodyLimit = bodyLimit
  }

  func handlerAdded(context: ChannelHandlerContext) { set(headLimit, context) }

  func handlerRemoved(context: ChannelHandlerContext) { alarm?.cancel() }

  func channelInactive(context: ChannelHandlerContext) {
    alarm?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: set(bodyLimit, context)
    case .body: break
    case .end: alarm?.cancel()
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { set(headLimit, context) }
    context.write(data, promise: promise)
  }

  private func set(_ limit: TimeAmount, _ context: ChannelHandlerContext) {
    alarm?.cancel()
    alarm = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { context.close(promise: nil) }
  }
}
