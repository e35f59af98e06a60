package import BoundedHTTP

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
