package import BoundedHTTP
import Foundation

/// How sources are reached, for the whole process. Every limit that a server can run into is here.
package struct TransportConfiguration: Sendable {
  /// From the first packet to the end of the TLS handshake.
  package var connectTimeout = Duration.seconds(30)
  /// How long a server may stay without a byte while we wait for one.
  package var silenceTimeout = Duration.seconds(60)
  /// PEM file with the certificates to trust in place of the system's.
  package var caFile: String?
  /// File that holds a token, sent as `Authorization: Bearer` to servers that require authentication.
  package var bearerTokenFile: String?
  /// Tokens of single hosts; they go before the one above.
  package var tokens: [HostToken] = []
  /// Shown to servers that ask for a certificate of ours.
  package var clientCertificate: HTTPClientCertificate?
  /// Asks at the terminal when no other source has credentials; `nil` for never.
  package var prompt: TerminalPrompt?
  /// Where logins and passwords per host are looked up; `nil` for nowhere. `~/.netrc` by default, need not exist.
  package var netrcFile: String?
  /// Asked before the files for what to send to the source's own origin, with each request anew. What it signs is sent as it is,
  /// not compressed.
  package var signer: (any RequestSigner)?
  /// Where proxies are looked up, and what a child `git` gets.
  package var environment: [String: String]
  /// Refs in one advertisement.
  package var maximumAdvertisedRefs = 5_000_000
  /// Bytes of one advertisement.
  package var maximumAdvertisementBytes = 1 << 30
  /// Bytes of one packfile.
  package var maximumPackBytes = 100 << 30
  /// How hosts are reached over SSH.
  package var ssh = SSHSettings()
  /// The program for local sources: a name to be found in PATH, or a path.
  package var gitExecutable = "git"
  /// HTTP connections to one host at a time; further requests wait, bounded by the whole run's deadline.
  package var connectionsPerHost = 8

  /// More than any answer that is within the limits above: pack bytes travel in packets with five bytes of frame, and
  /// with progress lines between them.
  var outermostBytes: Int {
    let pack = maximumPackBytes.addingReportingOverflow(maximumPackBytes / 16)
    let sum = pack.partialValue.addingReportingOverflow(maximumAdvertisementBytes)
    return pack.overflow || sum.overflow ? .max : sum.partialValue
  }

  /// The defaults, with proxies and home directory of `environment`.
  package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.environment = environment
    netrcFile = environment["HOME"].map { "\($0)/.netrc" }
  }
}
