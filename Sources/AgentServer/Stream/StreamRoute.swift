internal import Agent
internal import AgentAPI
internal import AsyncAlgorithms
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

extension Router<AgentContext> {
  /// What happens, as it happens: server-sent events (WHATWG HTML, section 9.2) for pages and scripts.
  ///
  /// `change` is a transition, `status` the site at a glance every five seconds, `skipped` says how many transitions were left
  /// out of a burst. A stream ends after ten minutes; whoever wants more asks again, and proves again who asks.
  func addStreamRoute(_ agent: Agent) {
    get("/api/v1/stream") { _, context in
      try context.requireReader()
      guard let transitions = agent.listen() else {
        throw AgentFault(503, "busy", "open another stream: as many as may be are open", hint: "close some, or poll")
      }
      return Response(
        status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
        body: ResponseBody { writer in
          try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
          let end = ContinuousClock.now + EventStream.lifetime
          let ticks = AsyncTimerSequence(interval: EventStream.interval, clock: .continuous)
          let happenings = merge(
            transitions.map { EventStream.Happening.transitions($0) }, ticks.map { _ in .tick })
          for try await happening in happenings.cancelOnGracefulShutdown() where ContinuousClock.now < end {
            try await writer.write(ByteBuffer(bytes: try await EventStream.text(of: happening, agent)))
          }
          try await writer.finish(nil)
        })
    }
  }
}

/// The lines of the stream.
private enum EventStream {
  enum Happening: Sendable {
    case transitions([TransitionRow])
    case tick
  }

  static let interval = Duration.seconds(5)
  static let lifetime = Duration.seconds(600)
  /// Of a burst; a page that shows more has changed altogether.
  private static let mostAtATime = 200

  static func text(of happening: Happening, _ agent: Agent) async throws -> [UInt8] {
    switch happening {
    case .tick: return event("status", try AgentJSON.encode(try await agent.status()))
    case .transitions(let rows):
      var text: [UInt8] = []
      for row in rows.suffix(mostAtATime) { text += event("change", try AgentJSON.encode(row)) }
      if rows.count > mostAtATime {
        text += event("skipped", Array("{\"count\":\(rows.count - mostAtATime)}".utf8))
      }
      return text
    }
  }

  /// JSON has no line ends of its own.
  private static func event(_ name: String, _ json: [UInt8]) -> [UInt8] {
    Array("event: \(name)\ndata: ".utf8) + json + Array("\n\n".utf8)
  }
}
