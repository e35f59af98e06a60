internal import BoundedHTTP
internal import GitValues
internal import SystemPackage
internal import WorkerPool

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

/// A credential, ready to be sent, and where it came from. Prints only the latter.
struct Credential: Sendable {
  /// The value of the `Authorization` header.
  let authorization: String
  /// For display: "the address", "the token file '/etc/remora/token'".
  let whence: String
  /// The credential from git's helpers, if it comes from them: they are notified of its success or failure.
  var fromHelpers: HTTPBasicCredential?
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  var description: String { "*** from \(whence)" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: ["whence": whence]) }
}

/// A token for one host, and where it is written down.
package struct HostToken: Sendable, Hashable {
  /// Read when a server asks, so that it may be changed while we run.
  package enum Place: Sendable, Hashable {
    case file(String)
    /// The name of a variable of the environment.
    case environment(String)
  }

  /// Lower case, without brackets.
  package let host: String
  /// `nil` for every port.
  package let port: Int?
  package let place: Place

  /// - Parameter host: as in an address, with or without a port: "git.example.org", "git.example.org:8443".
  /// - Throws: `TransportError` (invalid_url) for an invalid host.
  package init(host: String, place: Place) throws(TransportError) {
    do throws(SourceURL.Flaw) {
      let authority = try SourceURL.Authority(host[...])
      (self.host, port, self.place) = (authority.host, authority.port, place)
    } catch {
      throw TransportError(.invalidURL, operation: "read the host", subject: "'\(host)'", cause: error.reason)
    }
  }

  func fits(_ source: SourceURL) -> Bool {
    guard let origin = source.origin else { return false }
    return origin.host == host && (port == nil || port == origin.port)
  }
}

/// Reads small files that hold secrets.
enum SecretFile {
  /// Far more than any token or `.netrc`; a disk image that is named by mistake is an error.
  private static let maximumBytes = 1 << 20

  /// The file as text; `nil` when there is none. Bytes that are not UTF-8 become U+FFFD; a UTF-8 byte order mark is dropped.
  /// - Throws: `authentication_failed` when it is there and cannot be read, or is in UTF-16.
  static func read(
    _ path: String, atMost maximumBytes: Int = maximumBytes, for subject: String
  ) throws(TransportError) -> String? {
    guard let bytes = try readBytes(path, atMost: maximumBytes, for: subject) else { return nil }
    if let encoding = TextLines.foreignEncoding(of: bytes) {
      throw TransportError(
        .authenticationFailed, operation: "authenticate to", subject: subject,
        cause: "'\(path)' cannot be read: its encoding is \(encoding)", hint: "save it as UTF-8")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
  }

  /// The bytes of the file; `nil` when there is none.
  /// - Throws: `authentication_failed` when it is there and cannot be read.
  static func readBytes(
    _ path: String, atMost maximumBytes: Int = maximumBytes, for subject: String
  ) throws(TransportError) -> [UInt8]? {
    do {
      let file = try FileDescriptor.open(FilePath(pathText: path), .readOnly)
      return try file.closeAfter {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= maximumBytes {
          let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
          if count == 0 { return bytes }
          bytes += buffer[..<count]
        }
        throw Errno.fileTooLarge
      }
    } catch Errno.noSuchFileOrDirectory, Errno.notDirectory {
      return nil
    } catch {
      throw TransportError(
        .authenticationFailed, operation: "authenticate to", subject: subject,
        cause: "'\(path)' cannot be read: \(error)", hint: "make it readable for this user")
    }
  }
}
