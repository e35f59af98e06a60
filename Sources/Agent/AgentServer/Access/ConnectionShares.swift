internal import Agent
internal import CoreMetrics
internal import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// Limits the concurrent connections of each client, so that one cannot use all slots.
final class ConnectionShares: Sendable {
  private let most: Int
  private let exempt: [AddressRange]
  private let counts = Mutex<[String: Int]>([:])

  /// - Parameters:
  ///   - most: the maximum of connections of one client; of IPv6 a network of 64 bits is one client.
  ///   - exempt: proxies, whose connections are those of many clients.
  init(most: Int, exempt: [AddressRange]) {
    self.most = most
    self.exempt = exempt
  }

  /// - Returns: the key for `leave`; `nil` when the client is at its limit.
  fileprivate func enter(_ address: String) -> String? {
    guard !exempt.contains(where: { $0.contains(address) }) else { return "" }
    let network = AddressRange.network(of: address)
    return counts.withLock { counts in
      guard counts[network, default: 0] < most else { return nil }
      counts[network, default: 0] += 1
      return network
    }
  }

  fileprivate func leave(_ network: String) {
    guard !network.isEmpty else { return }
    counts.withLock { counts in
      guard let count = counts[network] else { return }
      counts[network] = count > 1 ? count - 1 : nil
    }
  }

  /// Connections of all clients that are counted.
  var count: Int { counts.withLock { $0.values.reduce(0, +) } }
}

/// Counts one connection, or closes it.
final class ConnectionShare: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny
  typealias InboundOut = NIOAny

  private let shares: ConnectionShares
  private var network: String?
  private var isCounted = false

  init(_ shares: ConnectionShares) { self.shares = shares }

  func handlerAdded(context: ChannelHandlerContext) { if context.channel.isActive { count(context) } }

  func channelActive(context: ChannelHandlerContext) {
    count(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    leave()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { leave() }

  private func count(_ context: ChannelHandlerContext) {
    guard !isCounted, let address = context.channel.remoteAddress?.ipAddress else { return }
    isCounted = true
    network = shares.enter(address)
    guard network == nil else { return }
    Counter(label: "remora_http_connections_refused_total").increment()
    context.close(promise: nil)
  }

  private func leave() {
    if let network { shares.leave(network) }
    network = nil
  }
}

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
