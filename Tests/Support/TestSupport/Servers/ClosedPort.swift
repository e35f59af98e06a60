import Glibc

/// A port that has no listener while the value lives: connecting is refused at once.
package final class ClosedPort: Sendable {
  package let port: UInt16
  private let listener: Int32
  private let connection: Int32

  /// Takes the port by a connection of our own, then stops listening: what is in use is given to no one else.
  package init() throws {
    let (listener, port) = try LoopbackSocket.listen(backlog: 1)
    let client = try LoopbackSocket.connect(to: port)
    guard let accepted = LoopbackSocket.accept(listener) else {
      throw TestSupportError.systemCall("accept", number: errno)
    }
    close(listener)
    self.port = port
    self.listener = accepted
    connection = client
  }

  deinit {
    close(connection)
    close(listener)
  }
}
