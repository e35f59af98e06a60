import Glibc
import WorkerPool

/// An HTTP server on 127.0.0.1 that answers what the test says, right or wrong, and remembers what it was asked.
package final class ScriptedHTTPServer: Sendable {
  private let service: LoopbackService
  private let received: Monitor<[ReceivedRequest]>

  /// - Parameter respond: called on a thread of the connection for each request.
  package init(_ respond: @escaping @Sendable (ReceivedRequest) -> ScriptedAnswer) throws {
    let received = Monitor<[ReceivedRequest]>([])
    self.received = received
    service = try LoopbackService(named: "scripted-http") { client, index, connections in
      ScriptedConnection(client: client, index: index, connections: connections).serve { request in
        received.with { $0.append(request) }
        return respond(request)
      }
    }
  }

  /// Answers by path (without query): the n-th request for a path gets its n-th answer, later ones the last; others 404.
  package convenience init(_ answers: [String: [ScriptedAnswer]]) throws {
    let counts = Monitor<[String: Int]>([:])
    try self.init { request in
      guard let script = answers[request.path], !script.isEmpty else { return ScriptedAnswer(404, "not found\n") }
      let index = counts.with { counts in
        counts[request.path, default: 0] += 1
        return counts[request.path, default: 1] - 1
      }
      return script[min(index, script.count - 1)]
    }
  }

  package var port: UInt16 { service.port }
  /// `http://127.0.0.1:PORT`, without a slash at its end.
  package var base: String { "http://127.0.0.1:\(port)" }
  package var requests: [ReceivedRequest] { received.current }
  /// Connections accepted so far.
  package var connectionCount: Int { service.acceptedCount }

  /// Returns the URL of a path that begins with a slash.
  package func url(_ path: String) -> String { base + path }

  /// Waits until so many requests have come; false when time ran out.
  package func wait(forRequests count: Int, within limit: Duration = .seconds(30)) -> Bool {
    received.wait(atMost: limit) { $0.count >= count }
  }

  /// Breaks all connections and refuses new ones.
  package func stop() { service.stop() }
}
