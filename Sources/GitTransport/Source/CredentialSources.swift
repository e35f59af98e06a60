import BoundedHTTP

/// Looks up who we are for a source: the address itself, the token file, `.netrc`, in this order.
///
/// Files are read when a server asks and not before: most sources are public, and an operator may change a token while
/// we run.
struct CredentialSources: Sendable {
  let bearerTokenFile: String?
  let netrcFile: String?

  /// What to send to the server of `source`; `nil` when nobody told us anything. Only for the source's own origin:
  /// whoever was redirected elsewhere must not ask.
  /// - Throws: `authentication_failed` when a file that is named cannot be read or holds nothing.
  func credential(for source: SourceURL) throws(TransportError) -> Credential? {
    if let own = source.credential {
      // A user without a password is a token, as some hosts have it, unless .netrc knows more.
      if own.password.isEmpty, let found = try fromNetrc(source, user: own.user) { return found }
      return Credential(authorization: own.authorization, whence: "the address")
    }
    if let bearerTokenFile { return try token(in: bearerTokenFile, source) }
    return try fromNetrc(source, user: nil)
  }

  private func token(in path: String, _ source: SourceURL) throws(TransportError) -> Credential {
    let text = try SecretFile.read(path, for: source.redacted)
    let token = text?.split(whereSeparator: \.isWhitespace) ?? []
    guard token.count == 1, token[0].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw TransportError(
        .authenticationFailed, operation: "authenticate to", subject: source.redacted,
        cause: "the token file '\(path)' \(text == nil ? "does not exist" : "does not hold exactly one token")",
        hint: "write the token into it, alone on one line")
    }
    return Credential(authorization: "Bearer \(token[0])", whence: "the token file '\(path)'")
  }

  private func fromNetrc(_ source: SourceURL, user: String?) throws(TransportError) -> Credential? {
    guard let netrcFile, let text = try SecretFile.read(netrcFile, for: source.redacted),
      let found = Netrc(text).credential(host: source.host, user: user)
    else { return nil }
    return Credential(
      authorization: HTTPBasicCredential(user: found.user, password: found.password).authorization,
      whence: "'\(netrcFile)'")
  }
}
