internal import BoundedHTTP
package import GitTransport

/// Who a secondary is to the hosts that it fetches from, where these are not its primary. Names of files, never a secret.
package struct SourceAccess: Hashable, Sendable {
  /// `sources.tokens`: read anew when a host asks.
  package var tokens: [HostToken] = []
  /// `sources.netrc_file`, in place of `~/.netrc`.
  package var netrcFile: String?
  /// `sources.certificate_file`: shown to hosts that ask for one; with its key or not at all.
  package var certificateFile: String?
  /// `sources.key_file`.
  package var keyFile: String?
  /// `sources.ssh`.
  package var ssh = SSHSettings()

  /// Nothing but what the user has who runs the agent.
  package init() {}

  func configure(_ configuration: inout TransportConfiguration) {
    configuration.tokens = tokens
    if let netrcFile { configuration.netrcFile = netrcFile }
    if let certificateFile, let keyFile {
      configuration.clientCertificate = HTTPClientCertificate(certificateFile: certificateFile, keyFile: keyFile)
    }
    configuration.ssh = ssh
  }
}
