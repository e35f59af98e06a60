internal import BoundedHTTP
package import GitTransport

/// Credentials for source hosts: what a secondary sends to hosts that are not its primary. Names of files, never a
/// secret.
package struct SourceCredentials: Hashable, Sendable {
  /// `sources.tokens`: read anew when a host asks.
  package var tokens: [HostToken] = []
  /// `sources.netrc_file`, in place of `~/.netrc`.
  package var netrcFile: String?
  /// `sources.certificate_file`: sent to hosts that ask for one; with its key or not at all.
  package var certificateFile: String?
  /// `sources.key_file`.
  package var keyFile: String?
  /// `sources.ssh`.
  package var ssh = SSHSettings()

  /// Only the credentials of the user who runs the process.
  package init() {}

  /// Adds them to the configuration of transports.
  func configure(_ configuration: inout TransportConfiguration) {
    configuration.tokens = tokens
    if let netrcFile { configuration.netrcFile = netrcFile }
    if let certificateFile, let keyFile {
      configuration.clientCertificate = HTTPClientCertificate(certificateFile: certificateFile, keyFile: keyFile)
    }
    configuration.ssh = ssh
  }
}
