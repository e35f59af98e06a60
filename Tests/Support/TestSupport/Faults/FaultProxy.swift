import Glibc
import WorkerPool

/// A TCP proxy that breaks what a real server answers, at an exact place.
///
///     let proxy = try FaultProxy(to: server.port, scripts: [[.passResponses(2), .passPackets(3), .cut]])
///
/// The n-th connection follows the n-th script, later ones `otherwise`.
package final class FaultProxy: Sendable {
  /// Bytes that went through, over all connections.
  package struct Traffic: Sendable {
    package var toClient = 0
    package var toServer = 0
  }

  private struct Plan {
    var scripts: [[FaultStep]]
    var otherwise: [FaultStep]
    var firstConnection = 0
  }

  private let service: LoopbackService
  private let plan: Monitor<Plan>
  private let traffic: Monitor<Traffic>

  /// - Parameters:
  ///   - server: the port of the real server; nil for none at all, then only steps that need no server may be used.
  ///   - isHTTP: false where answers are bare pkt-lines (`git://`) or bytes of no interest (TLS).
  package init(
    to server: UInt16?, scripts: [[FaultStep]] = [], otherwise: [FaultStep] = [], isHTTP: Bool = true
  ) throws {
    let plan = Monitor(Plan(scripts: scripts, otherwise: otherwise))
    let traffic = Monitor(Traffic())
    self.plan = plan
    self.traffic = traffic
    service = try LoopbackService(named: "fault-proxy") { client, index, connections in
      let now = plan.current
      let position = index - now.firstConnection
      let steps = now.scripts.indices.contains(position) ? now.scripts[position] : now.otherwise
      FaultedConnection(client: client, connections: connections, traffic: traffic, isHTTP: isHTTP)
        .serve(server: server, steps: steps)
    }
  }

  package var port: UInt16 { service.port }
  /// Connections accepted so far.
  package var connectionCount: Int { service.acceptedCount }
  package var bytes: Traffic { traffic.current }

  /// Sets what the connections from now on do; those that are open go on as they began.
  package func follow(_ scripts: [[FaultStep]], otherwise: [FaultStep] = []) {
    let next = service.acceptedCount
    plan.with { $0 = Plan(scripts: scripts, otherwise: otherwise, firstConnection: next) }
  }

  /// Breaks all connections and refuses new ones.
  package func stop() { service.stop() }
}
