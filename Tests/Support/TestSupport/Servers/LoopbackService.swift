import Glibc
import WorkerPool

/// Accepts connections on 127.0.0.1 and serves each on a thread of its own, until it is stopped or goes away.
final class LoopbackService: Sendable {
  let port: UInt16
  private let listener: Int32
  private let connections = Connections()

  /// - Parameter serve: gets the descriptor, the number of the connection from 0, and the register through which it must
  ///   adopt further descriptors and release all of them.
  init(named name: String, _ serve: @escaping @Sendable (Int32, Int, Connections) -> Void) throws {
    (listener, port) = try LoopbackSocket.listen()
    let (listener, connections) = (listener, connections)
    connections.state.with { $0.threads += 1 }
    OwnThread.start(named: name) {
      var number = 0
      while let descriptor = LoopbackSocket.accept(listener) {
        connections.adopt(descriptor)
        let index = number
        connections.state.with {
          $0.threads += 1
          $0.accepted += 1
        }
        OwnThread.start(named: "\(name)-\(index)") {
          serve(descriptor, index, connections)
          connections.state.with { $0.threads -= 1 }
        }
        number += 1
      }
      close(listener)
      connections.state.with { $0.threads -= 1 }
    }
  }

  deinit { stop() }

  /// Connections accepted so far.
  var acceptedCount: Int { connections.state.current.accepted }

  /// Breaks all connections and refuses new ones; returns when every thread has ended.
  func stop() {
    let isFirst = connections.state.with { state in
      defer { state.isStopped = true }
      if !state.isStopped {
        // Wakes the accepting thread, which closes it.
        shutdown(listener, Int32(SHUT_RDWR))
        for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
      }
      return !state.isStopped
    }
    if isFirst { _ = connections.state.wait(atMost: .seconds(10)) { $0.threads == 0 } }
  }

  /// The open descriptors of a service.
  final class Connections: Sendable {
    struct State {
      var open: Set<Int32> = []
      var threads = 0
      var accepted = 0
      var isStopped = false
    }

    let state = Monitor(State())

    /// Takes over a descriptor, so that a stop breaks it.
    func adopt(_ descriptor: Int32) {
      state.with { state in
        state.open.insert(descriptor)
        if state.isStopped { shutdown(descriptor, Int32(SHUT_RDWR)) }
      }
    }

    /// Closes a descriptor that was adopted, once.
    func release(_ descriptor: Int32) {
      // Under the lock, so that a stop cannot shut down a descriptor that was reused.
      state.with { state in if state.open.remove(descriptor) != nil { close(descriptor) } }
    }

    /// Waits that long; false when the service was stopped meanwhile.
    func pause(_ duration: Duration) -> Bool { !state.wait(atMost: duration, until: \.isStopped) }
  }
}
