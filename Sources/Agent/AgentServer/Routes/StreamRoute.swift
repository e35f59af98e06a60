internal import Agent
internal import AgentAPI
internal import AsyncAlgorithms
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

extension Router<AgentContext> {
  /// Adds the event stream: server-sent events (WHATWG HTML, section 9.2) for pages and scripts.
  ///
  /// `change` is a transition, `status` the site's status every five seconds, `skipped` is the number of transitions
  /// that were left out, and `reset` means that the missed transitions are unknown. A stream ends after ten minutes:
  /// the client reconnects and authenticates again; `Last-Event-ID` continues at its position.
  func addStreamRoute(_ agent: Agent, lifetime: Duration) {
    answer(.get, .stream) { request, context in
      guard let listener = agent.listen(after: EventStream.lastID(of: request)) else {
        throw AgentFault(
          503, "busy", "open another stream: as many as may be are open",
          hint: "close some, poll, or raise limits.streams")
      }
      let (body, isAdmitted) = (request.body, context.isStillAdmitted)
      // The listener's slot is released with this closure, also if the body is never requested (HEAD).
      return Response(
        status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .connection: "close"],
        body: ResponseBody { [writer = EventStream(agent, listener, lifetime, while: isAdmitted)] output in
          let bounded = BoundedBodyWriter(output, limit: EventStream.writeLimit)
          defer { listener.end() }
          // A client's disconnect is detected by the closed connection, not only by a failing write.
          try await body.consumeWithCancellationOnInboundClose { _ in try await writer.run(bounded) }
          try await bounded.finish()
        })
    }
  }
}

/// One stream, from its first line to its end.
struct EventStream: Sendable {
  private enum Happening: Sendable {
    case transitions([NumberedTransition])
    case tick
  }

  static let interval = Duration.seconds(5)
  /// How long a client may leave a piece unread.
  static let writeLimit = Duration.seconds(30)
  /// The maximum of transitions in one burst; a page would have to reload for more.
  private static let mostAtATime = 200

  private let agent: Agent
  private let listener: TransitionListener
  private let lifetime: Duration
  private let isAdmitted: @Sendable () -> Bool

  init(
    _ agent: Agent, _ listener: TransitionListener, _ lifetime: Duration,
    while isAdmitted: @escaping @Sendable () -> Bool
  ) {
    self.isAdmitted = isAdmitted
    self.agent = agent
    self.listener = listener
    self.lifetime = lifetime
  }

  /// Returns the id after which the client continues.
  static func lastID(of request: Request) -> String? {
    HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Runs until the stream's time is up, the client's token or session is no longer valid, or the agent stops.
  func run(_ writer: BoundedBodyWriter) async throws {
    let end = ContinuousClock.now + lifetime
    var last = listener.start
    var head = "retry: 2000\n"
    // The position at which the client continues if no transition follows.
    head += "id: \(listener.id(last))\nevent: \(listener.isReset ? "reset" : "start")\ndata: {}\n\n"
    try await writer.write(Array(head.utf8))
    let ticks = AsyncTimerSequence(interval: min(Self.interval, lifetime), clock: .continuous)
    let happenings = merge(listener.batches.map { Happening.transitions($0) }, ticks.map { _ in .tick })
    for try await happening in happenings.cancelOnGracefulShutdown() {
      guard ContinuousClock.now < end, isAdmitted() else { return }
      switch happening {
      case .tick: try await writer.write(Self.event("status", try AgentJSON.encode(try await agent.status())))
      case .transitions(let batch): try await writer.write(try text(of: batch, &last))
      }
    }
  }

  private func text(of batch: [NumberedTransition], _ last: inout UInt64) throws -> [UInt8] {
    var text: [UInt8] = []
    guard let newest = batch.last?.number, newest > last else { return text }
    let shown = batch.suffix(Self.mostAtATime)
    let skipped = newest - last - UInt64(shown.count)
    if skipped > 0 { text += Self.event("skipped", Array("{\"count\":\(skipped)}".utf8)) }
    for one in shown { text += Self.event("change", try AgentJSON.encode(one.row), id: listener.id(one.number)) }
    last = newest
    return text
  }

  /// JSON has no line ends of its own.
  private static func event(_ name: String, _ json: [UInt8], id: String? = nil) -> [UInt8] {
    Array("\(id.map { "id: \($0)\n" } ?? "")event: \(name)\ndata: ".utf8) + json + Array("\n\n".utf8)
  }
}
