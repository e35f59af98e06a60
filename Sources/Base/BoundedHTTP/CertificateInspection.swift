import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import TextBytes

/// Inspects the rejected certificates of a server, to report the reason to the operator.
///
/// BoringSSL says only "verify failed", and AsyncHTTPClient offers no way to look in between; so this makes another TLS
/// handshake, inspects the certificates, and closes the connection before any HTTP. Only after a failure, and never
/// through a proxy.
enum CertificateInspection {
  /// A diagnosis that takes longer is not worth waiting for.
  private static let limit = TimeAmount.seconds(5)

  /// What the dates say; `nil` when they are right, or the server cannot be asked.
  static func problem(host: String, port: Int) async -> (HTTPFailure.TLSProblem, String)? {
    // Without a diagnosis the original failure is returned.
    guard let chain = try? await certificates(host: host, port: port) else { return nil }
    let now = time(nil)
    for certificate in chain {
      if certificate.notValidAfter < now {
        return (
          .expired, "a certificate of the server expired on \(RFC3339.day(seconds: Int64(certificate.notValidAfter)))"
        )
      }
      if certificate.notValidBefore > now {
        return (
          .notYetValid,
          "a certificate of the server is valid only from \(RFC3339.day(seconds: Int64(certificate.notValidBefore)))"
        )
      }
    }
    return nil
  }

  private static func certificates(host: String, port: Int) async throws -> [NIOSSLCertificate] {
    let context = try NIOSSLContext(configuration: .makeClientConfiguration())
    let isAddress = (try? SocketAddress(ipAddress: host, port: port)) != nil  // a name is no address: no error
    let group = MultiThreadedEventLoopGroup.singleton
    let chain = group.next().makePromise(of: [NIOSSLCertificate].self)
    let connection = ClientBootstrap(group: group).connectTimeout(limit).channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        let handler = try NIOSSLClientHandler(
          context: context, serverHostname: isAddress ? nil : host,
          customVerificationCallback: { certificates, verification in
            chain.succeed(certificates)
            verification.succeed(.failed)
          })
        try channel.pipeline.syncOperations.addHandler(handler)
      }
    }.connect(host: host, port: port)
    connection.cascadeFailure(to: chain)
    let timer = chain.futureResult.eventLoop.scheduleTask(in: limit) { chain.fail(ChannelError.connectTimeout(limit)) }
    defer {
      timer.cancel()
      connection.whenSuccess { $0.close(promise: nil) }
    }
    return try await withTaskCancellationHandler {
      try await chain.futureResult.get()
    } onCancel: {
      chain.fail(CancellationError())
    }
  }
}
