internal import NIOCore

/// Says user and password to a SOCKS 5 proxy (RFC 1929), before anything else is said on the connection.
final class SOCKSLogin: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// The proxy does not take them.
  struct Refused: Error {
    /// What the client, which has asked for a connection, is answered: not allowed (RFC 1928 § 6).
    let reply: [UInt8] = [5, 2, 0, 1, 0, 0, 0, 0, 0, 0]
  }

  private enum Step { case method, login, over }

  /// Succeeds when the proxy has taken them.
  let outcome: EventLoopFuture<Void>
  private let promise: EventLoopPromise<Void>
  private let timeout: Scheduled<Void>
  private let credential: HTTPBasicCredential
  private var step = Step.method
  private var received = ByteBuffer()

  init(_ credential: HTTPBasicCredential, loop: any EventLoop, timeout: TimeAmount) {
    self.credential = credential
    let promise = loop.makePromise(of: Void.self)
    self.promise = promise
    outcome = promise.futureResult
    self.timeout = loop.scheduleTask(in: timeout) { promise.fail(ChannelError.connectTimeout(timeout)) }
  }

  func channelActive(context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [5, 1, 2])), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received.writeImmutableBuffer(unwrapInboundIn(data))
    while step != .over, let answer = received.readBytes(length: 2) {
      switch step {
      case .method where answer == [5, 2]: sayLogin(context)
      case .login where answer[1] == 0: end(context, .success(()))
      case .method, .login: end(context, .failure(Refused()))
      case .over: break
      }
    }
  }

  /// RFC 1929 has no room for longer ones.
  private func sayLogin(_ context: ChannelHandlerContext) {
    let (user, password) = (Array(credential.user.utf8), Array(credential.password.utf8))
    guard (1...255).contains(user.count), password.count <= 255 else { return end(context, .failure(Refused())) }
    let bytes = [1, UInt8(user.count)] + user + [UInt8(password.count)] + password
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    step = .login
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(context, .failure(ChannelError.eof))
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end(context, .failure(error))
    context.fireErrorCaught(error)
  }

  private func end(_ context: ChannelHandlerContext, _ result: Result<Void, any Error>) {
    guard step != .over else { return }
    step = .over
    timeout.cancel()
    promise.completeWith(result)
    if received.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(received)) }
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }
}

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
