extension TransportError {
  /// What went wrong. The raw values are part of the JSON contract: never change one, only add.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Nothing is there: missing path, HTTP 404.
    package static let sourceNotFound = Code(rawValue: "source_not_found")
    /// Something is there that does not speak git.
    package static let sourceNotARepository = Code(rawValue: "source_not_a_repository")
    /// It is there and is refused to us: file permissions, dubious ownership, HTTP 403.
    package static let sourceAccessDenied = Code(rawValue: "source_access_denied")
    /// It requires authentication and refused ours: HTTP 401.
    package static let authenticationFailed = Code(rawValue: "authentication_failed")
    /// The certificate or the handshake is not acceptable.
    package static let tlsFailed = Code(rawValue: "tls_failed")
    /// The host showed a key that is not in `known_hosts`.
    package static let hostKeyUnknown = Code(rawValue: "host_key_unknown")
    /// The host showed another key than the one that is written down.
    package static let hostKeyChanged = Code(rawValue: "host_key_changed")
    /// The host showed a key that is marked as revoked.
    package static let hostKeyRevoked = Code(rawValue: "host_key_revoked")
    /// The `ssh` program, needed for this host, is not installed.
    package static let sshMissing = Code(rawValue: "ssh_missing")
    package static let dnsFailed = Code(rawValue: "dns_failed")
    package static let connectionRefused = Code(rawValue: "connection_refused")
    /// No way to the host: no route, network down.
    package static let sourceUnreachable = Code(rawValue: "source_unreachable")
    /// No connection, no byte, or no end within the time allowed for it.
    package static let timeout = Code(rawValue: "timeout")
    /// The other side went away in the middle of an answer.
    package static let connectionLost = Code(rawValue: "connection_lost")
    /// HTTP 429, or 503 with a time to come back.
    package static let rateLimited = Code(rawValue: "rate_limited")
    /// HTTP 5xx.
    package static let serverError = Code(rawValue: "server_error")
    /// The answer breaks the rules of the protocol.
    package static let protocolError = Code(rawValue: "protocol_error")
    /// The server said no in the protocol's own words (`ERR` line, side-band 3).
    package static let serverRefused = Code(rawValue: "server_refused")
    /// "not our ref": the object was listed and is no longer there.
    package static let wantedObjectMissing = Code(rawValue: "wanted_object_missing")
    /// More refs or bytes than the limits allow.
    package static let limitExceeded = Code(rawValue: "limit_exceeded")
    /// A redirect that leads where credentials must not go.
    package static let redirectRefused = Code(rawValue: "redirect_refused")
    /// A SHA-256 repository.
    package static let unsupportedObjectFormat = Code(rawValue: "unsupported_object_format")
    /// A shallow source has not all objects that its refs reach.
    package static let sourceShallow = Code(rawValue: "source_shallow")
    /// A kind of address that we do not speak.
    package static let unsupportedSource = Code(rawValue: "unsupported_source")
    /// The `git` program, needed for local sources, is not installed.
    package static let gitMissing = Code(rawValue: "git_missing")
    package static let invalidURL = Code(rawValue: "invalid_url")
  }
}
