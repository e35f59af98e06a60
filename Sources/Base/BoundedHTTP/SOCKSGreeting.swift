import NIOCore

/// Answers the greeting of a SOCKS 5 client: nothing is asked of it (RFC 1928 § 3). What follows goes on as it comes.
final class SOCKSGreeting: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var received = ByteBuffer()

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received.writeImmutableBuffer(unwrapInboundIn(data))
    guard let methods = received.getInteger(at: received.readerIndex + 1, as: UInt8.self),
      received.readableBytes >= 2 + Int(methods)
    else { return }
    received.moveReaderIndex(forwardBy: 2 + Int(methods))
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [5, 0])), promise: nil)
    if received.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(received)) }
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }
}
