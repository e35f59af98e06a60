internal import AgentAPI
internal import NIOCore
package import NIOSSL
internal import Synchronization

/// The certificate and key of an agent, read at the start and again at each SIGHUP, for later handshakes.
package final class ServerCertificate: Sendable {
  /// The content of the two files.
  struct Content: Sendable {
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource
  }

  private let certificateFile: String
  private let keyFile: String
  private let content: Mutex<Content>

  /// - Throws: `AgentFault` for a file without PEM.
  package init(certificateFile: String, keyFile: String) throws {
    self.certificateFile = certificateFile
    self.keyFile = keyFile
    content = Mutex(try Self.read(certificateFile, keyFile))
  }

  /// The listener's configuration: each handshake uses the present certificate.
  package var configuration: TLSConfiguration {
    let start = content.withLock { $0 }
    var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: start.chain, privateKey: start.key)
    configuration.minimumTLSVersion = .tlsv12
    configuration.sslContextCallback = { [self] _, promise in
      let now = content.withLock { $0 }
      var override = NIOSSLContextConfigurationOverride()
      override.certificateChain = now.chain
      override.privateKey = now.key
      promise.succeed(override)
    }
    return configuration
  }

  /// Reads both files; `take` applies their content.
  ///
  /// - Throws: `AgentFault` for files that cannot be read, or whose certificate is not the key's.
  func reread() throws -> Content {
    let content = try Self.read(certificateFile, keyFile)
    // With a mismatching pair every later handshake would fail.
    let trial = TLSConfiguration.makeServerConfiguration(certificateChain: content.chain, privateKey: content.key)
    do {
      _ = try NIOSSLContext(configuration: trial)
    } catch {
      throw AgentFault(
        500, "certificate", "use the certificate '\(certificateFile)': it is not that of the key '\(keyFile)'",
        hint: "write both files, then reload")
    }
    return content
  }

  func take(_ content: Content) { self.content.withLock { $0 = content } }

  private static func read(_ certificateFile: String, _ keyFile: String) throws -> Content {
    func fault(_ file: String, _ what: String) -> AgentFault {
      AgentFault(
        500, "certificate", "read '\(file)': it does not exist, cannot be read or holds no PEM \(what)",
        hint: "make it, or correct 'tls'")
    }
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    // The library's error ("failedToLoadCertificate") adds nothing to this.
    do { chain = try NIOSSLCertificate.fromPEMFile(certificateFile) } catch {
      throw fault(certificateFile, "certificate")
    }
    do { key = try NIOSSLPrivateKey(file: keyFile, format: .pem) } catch { throw fault(keyFile, "private key") }
    guard !chain.isEmpty else { throw fault(certificateFile, "certificate") }
    return Content(chain: chain.map { .certificate($0) }, key: .privateKey(key))
  }
}
