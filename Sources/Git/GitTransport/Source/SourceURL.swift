package import BoundedHTTP
internal import GitProtocol
internal import GitValues
internal import Glibc
internal import TextBytes

/// Where a copy comes from, as the user wrote it, taken apart and checked once.
///
/// Takes what `git clone` takes: `https://`, `http://`, `ssh://`, `user@host:path`, `git://`, `file://`, a path.
/// Nothing in it can be mistaken for an option of a program, and remote helpers (`ext::…`) are not among it, because
/// they run commands.
package struct SourceURL: Sendable, Hashable {
  /// How the source is reached.
  package enum Kind: Sendable, Hashable {
    case http
    case https
    /// Also the form `user@host:path`.
    case ssh
    case git
    /// A repository on this machine, by its path, decoded.
    case file(path: String)
  }

  package let kind: Kind
  /// Lower case, IPv6 without brackets; empty for a path.
  package let host: String
  /// As written; `nil` when the kind's usual one is meant.
  package let port: Int?
  /// What follows the host. Over http percent-encoded as sent, with the query if there is one, without slashes at the
  /// end; otherwise decoded.
  package let path: String
  /// The credentials in the URL itself: a user, with a password or an empty one. Never printed.
  package let credential: HTTPBasicCredential?
  /// For display, logs and errors: no user, no password, no query.
  package let redacted: String

  init(kind: Kind, authority: Authority, path: String) {
    self.kind = kind
    self.path = path
    host = authority.host
    port = authority.port
    credential = authority.credential
    let name = authority.host.contains(":") ? "[\(authority.host)]" : authority.host
    let place = name + (authority.port.map { ":\($0)" } ?? "")
    let shownPath = path.prefix { $0 != "?" }
    redacted =
      switch kind {
      case .http: "http://\(place)\(shownPath)"
      case .https: "https://\(place)\(shownPath)"
      case .ssh: "ssh://\(place)\(path.hasPrefix("/") ? "" : "/")\(path)"
      case .git: "git://\(place)\(path)"
      case .file(let path): path
      }
  }

  /// For http and https: what credentials belong to.
  var origin: HTTPOrigin? {
    switch kind {
    case .http: HTTPOrigin(isSecure: false, host: host, port: port ?? 80)
    case .https: HTTPOrigin(isSecure: true, host: host, port: port ?? 443)
    case .ssh, .git, .file: nil
    }
  }
}

extension SourceURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { redacted }
  package var debugDescription: String { redacted }
  package var customMirror: Mirror { Mirror(self, children: ["redacted": redacted]) }
}

extension SourceURL {
  /// Parses an address.
  ///
  /// As in git, `host:path` with a colon before the first slash means ssh; a path like that is written with `./` in
  /// front. An existing file takes precedence.
  /// - Throws: `invalid_url`, or `unsupported_source` for schemes that Remora does not speak. The error shows the
  ///   address without anything that could be a password.
  package init(_ text: String) throws(TransportError) {
    do throws(Flaw) {
      self = try Self.parse(text)
    } catch {
      throw TransportError(
        error.code, operation: "read the address", subject: "'\(Self.withoutUserInfo(text))'", cause: error.reason,
        hint: error.hint)
    }
  }

  /// An address for an error: without everything that could belong to the user info, even where the address is so
  /// wrong that it cannot be said.
  static func withoutUserInfo(_ text: String) -> String {
    var shown = text
    if let at = shown.lastIndex(of: "@") {
      let start = shown.firstRange(of: "://")?.upperBound ?? shown.startIndex
      if start <= at { shown.removeSubrange(start...at) }
    }
    return ForeignText.serverLine(Array(PathText.shown(shown).prefix { $0 != "?" }.utf8))
  }

  private static func parse(_ text: String) throws(Flaw) -> SourceURL {
    guard !text.isEmpty else { throw Flaw("it is empty") }
    guard !text.utf8.contains(where: ForeignText.isControl) else { throw Flaw("it holds a control character") }
    guard !text.hasPrefix("-") else {
      throw Flaw("it begins with '-', as an option does", hint: "write a path as ./\(withoutUserInfo(text))")
    }
    if let separator = text.firstRange(of: "://"), isScheme(text[..<separator.lowerBound]) {
      return try parse(scheme: text[..<separator.lowerBound].lowercased(), text[separator.upperBound...])
    }
    let beforeSlash = text.prefix { $0 != "/" }
    guard !text.hasPrefix("."), let colon = separatingColon(beforeSlash), !exists(text) else {
      return SourceURL(kind: .file(path: text), authority: Authority(), path: text)
    }
    guard !text[colon...].hasPrefix("::") else {
      throw Flaw("remote helpers ('\(text[..<colon])::') are not run", code: .unsupportedSource)
    }
    return try ssh(authority: text[..<colon], path: text[text.index(after: colon)...])
  }

  private static func parse(scheme: String, _ rest: Substring) throws(Flaw) -> SourceURL {
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let path = rest[authority.endIndex...]
    switch scheme {
    case "http", "https":
      guard !path.contains("#") else { throw Flaw("it has a fragment ('#'), which names nothing here") }
      var trimmed = PercentCoding.encodeIllegal(path)[...]
      while trimmed.hasSuffix("/") { trimmed.removeLast() }
      return SourceURL(
        kind: scheme == "http" ? .http : .https, authority: try Authority(authority), path: String(trimmed))
    case "ssh", "git+ssh", "ssh+git", "git":
      guard path.count > 1, let decoded = PercentCoding.decodePath(path) else {
        throw Flaw("it has no path, or one that is not properly percent-encoded")
      }
      guard !decoded.hasPrefix("/-") else { throw Flaw("a path must not begin with '-'") }
      return SourceURL(kind: scheme == "git" ? .git : .ssh, authority: try Authority(authority), path: decoded)
    case "file":
      guard authority.isEmpty || authority == "localhost" else {
        throw Flaw("file:// reaches only this machine", hint: "write file:///path")
      }
      guard !path.isEmpty, let decoded = PercentCoding.decodePath(path) else {
        throw Flaw("it has no path, or one that is not properly percent-encoded")
      }
      return SourceURL(kind: .file(path: decoded), authority: Authority(), path: decoded)
    default:
      throw Flaw(
        "the scheme '\(scheme)' is not supported", hint: "use https, http, ssh, git, file or a path",
        code: .unsupportedSource)
    }
  }

  /// `user@host:path`. The path is taken as it is: nothing is percent-encoded in this form.
  private static func ssh(authority: Substring, path: Substring) throws(Flaw) -> SourceURL {
    guard !path.isEmpty else { throw Flaw("it has no path behind the colon") }
    guard !path.hasPrefix("-") else { throw Flaw("a path must not begin with '-'") }
    return SourceURL(kind: .ssh, authority: try Authority(authority), path: String(path))
  }

  /// The colon of `host:path`, not one inside the brackets of an IPv6 address.
  private static func separatingColon(_ text: Substring) -> Substring.Index? {
    guard let open = text.firstIndex(of: "["), let close = text[open...].firstIndex(of: "]"),
      open == text.startIndex || text[text.index(before: open)] == "@"
    else { return text.firstIndex(of: ":") }
    return text[close...].firstIndex(of: ":")
  }

  private static func isScheme(_ text: Substring) -> Bool {
    text.first?.isLetter == true
      && text.utf8.allSatisfy { byte in
        byte < 0x80
          && (Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
            || "+-.".utf8.contains(byte))
      }
  }

  private static func exists(_ path: String) -> Bool {
    PathText.withCString(path) { access($0, F_OK) } == 0
  }
}
