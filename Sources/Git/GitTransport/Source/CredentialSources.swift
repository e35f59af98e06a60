import BoundedHTTP
import WorkerPool

/// Looks up the credentials for a source: the address itself, the host's token, the token file, `.netrc`, git's credential helpers, in this
/// order.
///
/// Files are read when a server asks and not before: most sources are public, and an operator may change a token while
/// we run.
struct CredentialSources: Sendable {
  let tokens: [HostToken]
  let bearerTokenFile: String?
  let netrcFile: String?
  let environment: [String: String]
  let helpers: CredentialHelpers

  /// What to send to the server of `source`; `nil` when there are no credentials. Only for the source's own origin:
  /// a request that was redirected elsewhere must not ask.
  /// - Throws: `authentication_failed` when a file that is named cannot be read or holds nothing; `timeout` when a helper hangs;
  ///   `Cancelled`.
  func credential(for source: SourceURL, limits: WaitLimits) throws -> Credential? {
    if let own = source.credential {
      // A user without a password is a token, as some hosts have it, unless another source has more.
      if own.password.isEmpty, let found = try known(source, user: own.user, limits) { return found }
      return Credential(authorization: own.authorization, whence: "the address")
    }
    if let token = tokens.first(where: { $0.fits(source) }) {
      switch token.place {
      case .file(let path): return try self.token(in: path, source)
      case .environment(let name):
        return try bearer(environment[name], "the variable '\(name)'", source, hint: "set it to the token")
      }
    }
    if let bearerTokenFile { return try token(in: bearerTokenFile, source) }
    return try known(source, user: nil, limits)
  }

  /// Reports to the source of the credential what became of it.
  func note(_ credential: Credential, isTaken: Bool, for source: SourceURL, limits: WaitLimits) {
    guard let own = credential.fromHelpers, let key = key(source) else { return }
    if isTaken {
      helpers.approve(own, key, limits: limits)
    } else {
      helpers.reject(own, key, limits: limits)
    }
  }

  private func known(_ source: SourceURL, user: String?, _ limits: WaitLimits) throws -> Credential? {
    if let found = try fromNetrc(source, user: user) { return found }
    guard let key = key(source), let found = try helpers.credential(for: key, subject: source.redacted, limits: limits)
    else { return nil }
    return Credential(
      authorization: found.authorization, whence: "git's credential helpers", fromHelpers: found)
  }

  private func key(_ source: SourceURL) -> CredentialHelpers.Key? {
    source.origin.map { CredentialHelpers.Key(origin: $0, user: source.credential?.user) }
  }

  private func token(in path: String, _ source: SourceURL) throws(TransportError) -> Credential {
    try bearer(
      try SecretFile.read(path, for: source.redacted), "the token file '\(path)'", source,
      hint: "write the token into it, alone on one line")
  }

  private func bearer(
    _ text: String?, _ whence: String, _ source: SourceURL, hint: String
  ) throws(TransportError) -> Credential {
    let token = text?.split(whereSeparator: \.isWhitespace) ?? []
    guard token.count == 1, token[0].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw TransportError(
        .authenticationFailed, operation: "authenticate to", subject: source.redacted,
        cause: "\(whence) \(text == nil ? "does not exist" : "does not hold exactly one token")", hint: hint)
    }
    return Credential(authorization: "Bearer \(token[0])", whence: whence)
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
