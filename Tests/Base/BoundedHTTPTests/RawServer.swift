import NIOCore
import NIOPosix
import TestSupport
import WorkerPool

/// A server on 127.0.0.1 that does to each request what a script says, byte by byte: also what no HTTP server may do.
final class RawServer: Sendable {
  /// One act after a request has arrived.
  enum Step: Sendable {
    case send(String)
    case sendBytes([UInt8])
    /// Sends the byte again and again, with that pause, until the connection ends.
    case drip(String, every: Duration)
    case pause(Duration)
    case close
    case halt
  }

  /// A request as it came.
  struct Received: Sendable {
    /// Which connection brought it, from 0.
    let connection: Int
    /// Request line and header.
    let head: String
    let body: [UInt8]
  }

  typealias Script = @Sendable (Received) -> [Step]

  private let channel: any Channel
  private let log: Monitor<Log>

  var port: Int { channel.localAddress?.port ?? 0 }
  var received: [Received] { log.current.received }
  /// How many connections were made.
  var connections: Int { log.current.connections }

  /// Waits until so many requests have come; false when ten seconds were not enough.
  func hasReceived(_ count: Int) async throws -> Bool {
    try await OwnThread.run { [log] in log.wait(atMost: .seconds(10)) { $0.received.count >= count } }
  }

  /// Waits until all connections have ended; false when ten seconds were not enough.
  func hasNoConnections() async throws -> Bool {
    try await OwnThread.run { [log] in log.wait(atMost: .seconds(10)) { $0.open == 0 } }
  }

  private init(_ channel: any Channel, _ log: Monitor<Log>) {
    self.channel = channel
    self.log = log
  }

  /// Runs a server round `body`.
  @discardableResult
  static func with<Result>(
    _ script: @escaping Script, _ body: (RawServer) async throws -> Result
  ) async throws -> Result {
    let log = Monitor(Log())
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Conversation(script: script, log: log))
        }
      }
    let server = RawServer(try await bootstrap.bind(host: "127.0.0.1", port: 0).get(), log)
    do {
      let result = try await body(server)
      try await server.channel.close()
      return result
    } catch {
      // The first error is the one to see.
      try? await server.channel.close()
      throw error
    }
  }

  private struct Log: Sendable {
    var received: [Received] = []
    var connections = 0
    var open = 0
  }

  private final class Conversation: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let script: Script
    private let log: Monitor<Log>
    private var number = 0
    private var input = ByteBuffer()
    /// The header of the request that is arriving, and the length of its body.
    private var begun: (head: String, bodyBytes: Int)?

    init(script: @escaping Script, log: Monitor<Log>) {
      self.script = script
      self.log = log
    }

    func channelActive(context: ChannelHandlerContext) {
      number = log.with { log in
        log.open += 1
        log.connections += 1
        return log.connections - 1
      }
      context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
      log.with { $0.open -= 1 }
      context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var piece = unwrapInboundIn(data)
      input.writeBuffer(&piece)
      while let request = takeRequest() {
        log.with { $0.received.append(request) }
        perform(script(request)[...], context)
      }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func takeRequest() -> Received? {
      // Looked for once a request: the loops of these threads are shared with the clients under test.
      if begun == nil {
        let text = String(buffer: input)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let head = String(text[..<end.lowerBound])
        let length = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
        begun = (head, length.flatMap { Int($0.split(separator: " ")[1]) } ?? 0)
        input.moveReaderIndex(forwardBy: head.utf8.count + 4)
      }
      guard let (head, bodyBytes) = begun, let body = input.readBytes(length: bodyBytes) else { return nil }
      begun = nil
      return Received(connection: number, head: head, body: body)
    }

    private func perform(_ steps: ArraySlice<Step>, _ context: ChannelHandlerContext) {
      guard context.channel.isActive, let step = steps.first else { return }
      let rest = steps.dropFirst()
      switch step {
      case .send(let text): write(Array(text.utf8), context)
      case .sendBytes(let bytes): write(bytes, context)
      case .drip(let text, let pause):
        write(Array(text.utf8), context)
        return later(pause, steps, context)
      case .pause(let pause): return later(pause, rest, context)
      case .close: return context.close(promise: nil)
      case .halt: return
      }
      perform(rest, context)
    }

    private func later(_ pause: Duration, _ steps: ArraySlice<Step>, _ context: ChannelHandlerContext) {
      context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(pause)) { self.perform(steps, context) }
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
  }
}

extension RawServer {
  /// Returns a whole answer with a length.
  static func answer(_ status: String = "200 OK", headers: [String] = [], _ body: String = "") -> Step {
    let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
    return .send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
  }
}
