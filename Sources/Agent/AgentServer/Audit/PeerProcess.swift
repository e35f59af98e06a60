internal import Glibc
internal import NIOCore

/// The process at the other end of a Unix socket, as the kernel reports it (unix(7), `SO_PEERCRED`).
struct PeerProcess: Sendable {
  let pid: Int32
  let uid: UInt32
  private let gid: UInt32

  /// `nil` where the channel has none.
  static func of(_ channel: any Channel) async -> PeerProcess? {
    guard case .unixDomainSocket? = channel.localAddress, let sockets = channel as? any SocketOptionProvider else {
      return nil
    }
    // The memory of `struct ucred`: three numbers of 32 bits.
    let answer: EventLoopFuture<PeerProcess> = sockets.unsafeGetSocketOption(
      level: SocketOptionLevel(SOL_SOCKET), name: SocketOptionName(SO_PEERCRED))
    // A socket that has been closed meanwhile has no peer.
    return try? await answer.get()
  }
}
