internal import Glibc
internal import NIOCore
internal import NIOPosix

/// A listener on loopback that relays the HTTP library, which has no SOCKS authentication, to a proxy that requires it.
///
/// Bytes are relayed unchanged, except for the greeting: the library is asked for no authentication, and the proxy
/// receives user and password (RFC 1929). The relay accepts only processes of the same user: others would use the proxy
/// with this user's credentials.
final class SOCKSRelay: Sendable {
  typealias Stream = NIOAsyncChannel<ByteBuffer, ByteBuffer>

  /// Where the library finds the door, on 127.0.0.1.
  let port: Int
  private let serving: Task<Void, Never>

  /// Opens the door.
  ///
  /// - Parameter timeout: for a connection to the proxy with its login.
  init(to proxy: HTTPProxy, _ credential: HTTPBasicCredential, timeout: Duration) async throws {
    let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .bind(host: "127.0.0.1", port: 0) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(SOCKSGreeting())
          return try Self.stream(channel)
        }
      }
    guard let port = server.channel.localAddress?.port else { throw ChannelError.inappropriateOperationForState }
    self.port = port
    serving = Task {
      // The door closes with the client that it was opened for; what it carries then ends with it.
      try? await server.executeThenClose { clients in
        try await withThrowingDiscardingTaskGroup { group in
          for try await client in clients {
            group.addTask { await Self.carry(client, port, proxy, credential, timeout) }
          }
        }
      }
    }
  }

  deinit { serving.cancel() }

  private static func stream(_ channel: any Channel) throws -> Stream {
    try Stream(wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
  }

  private static func carry(
    _ client: Stream, _ port: Int, _ proxy: HTTPProxy, _ credential: HTTPBasicCredential, _ timeout: Duration
  ) async {
    // The library learns of every failure by the end of its connection, and says it to the one who waits.
    try? await client.executeThenClose { fromClient, toClient in
      guard LoopbackPeer.isOurs(client.channel.remoteAddress?.port, of: port) else { return }
      let upstream: Stream
      do {
        upstream = try await connect(proxy, credential, timeout)
      } catch let refusal as SOCKSLogin.Refused {
        try await toClient.write(ByteBuffer(bytes: refusal.reply))
        return
      }
      try await upstream.executeThenClose { fromProxy, toProxy in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            for try await bytes in fromClient { try await toProxy.write(bytes) }
            toProxy.finish()
          }
          group.addTask {
            for try await bytes in fromProxy { try await toClient.write(bytes) }
            toClient.finish()
          }
          do {
            try await group.waitForAll()
          } catch {
            group.cancelAll()
            throw error
          }
        }
      }
    }
  }

  private static func connect(
    _ proxy: HTTPProxy, _ credential: HTTPBasicCredential, _ timeout: Duration
  ) async throws -> Stream {
    let bound = TimeAmount(timeout)
    let (stream, login): (Stream, EventLoopFuture<Void>) = try await ClientBootstrap(
      group: .singletonMultiThreadedEventLoopGroup
    )
    .connectTimeout(bound)
    .connect(host: proxy.host, port: proxy.port) { channel in
      channel.eventLoop.makeCompletedFuture { () throws -> (Stream, EventLoopFuture<Void>) in
        let handler = SOCKSLogin(credential, loop: channel.eventLoop, timeout: bound)
        try channel.pipeline.syncOperations.addHandler(handler)
        return (try Self.stream(channel), handler.outcome)
      }
    }
    do {
      try await login.get()
      return stream
    } catch {
      // It has failed already; that it could not be closed either would say nothing more.
      try? await stream.channel.close()
      throw error
    }
  }
}

/// The relays of one client: one a proxy and login, opened when it is first needed and closed with the client.
actor SOCKSRelays {
  private let timeout: Duration
  private var relays: [HTTPProxy: Task<SOCKSRelay, any Error>] = [:]

  init(timeout: Duration) { self.timeout = timeout }

  /// The port on 127.0.0.1 that leads to the proxy.
  func port(to proxy: HTTPProxy, _ credential: HTTPBasicCredential) async throws -> Int {
    let opening =
      relays[proxy] ?? Task { [timeout] in try await SOCKSRelay(to: proxy, credential, timeout: timeout) }
    relays[proxy] = opening
    do {
      return try await opening.value.port
    } catch {
      relays[proxy] = nil
      throw HTTPFailure(.other, "no port of this machine is free for the way to the proxy: \(error)")
    }
  }
}

/// Who is at the other end of a connection on 127.0.0.1.
enum LoopbackPeer {
  /// Whether a program of our own user holds the end with the port `peer` of a connection to our port `port`.
  ///
  /// The kernel lists in `/proc/net/tcp` (proc_pid_net(5)): local address, remote address and, as the eighth field, the
  /// user.
  static func isOurs(_ peer: Int?, of port: Int) -> Bool {
    // A client whose user cannot be determined is refused.
    guard let peer, let table = connections() else { return false }
    let (theirs, ours) = (address(peer), address(port))
    let line = table.split(separator: "\n").lazy.map { $0.split(separator: " ") }.first {
      $0.count > 7 && $0[1] == theirs && $0[2] == ours
    }
    return line.map { $0[7] == "\(geteuid())" } ?? false
  }

  /// The whole table: it comes in parts of a page, and says that it has no size.
  private static func connections() -> String? {
    let file = open("/proc/net/tcp", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(file, &part, part.count)
      guard count > 0 else { return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
      bytes += part[..<count]
    }
  }

  /// 127.0.0.1 as the kernel prints it, on a machine of either byte order.
  private static func address(_ port: Int) -> String {
    let loopback = hex(Int(UInt32(bigEndian: 0x7F00_0001)), digits: 8)
    return "\(loopback):\(hex(port, digits: 4))"
  }

  private static func hex(_ value: Int, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: digits - text.count) + text
  }
}
