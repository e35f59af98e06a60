import Glibc

/// A port whose queue of new connections is full: connecting neither succeeds nor fails, it waits.
package final class FullBacklog: Sendable {
  package let port: UInt16
  private let listener: Int32
  private let fillers: [Int32]

  package init() throws {
    (listener, port) = try LoopbackSocket.listen(backlog: 0)
    // A backlog of zero holds one connection.
    fillers = [try LoopbackSocket.connect(to: port)]
  }

  deinit {
    for filler in fillers { close(filler) }
    close(listener)
  }
}
