/// The URL below which a repository is served, without a slash at its end.
struct HTTPBase: Hashable, Sendable {
  /// Some hosts serve only what calls itself git.
  static let userAgent = "git/2.0 (\(agentName))"
  /// The path of the first request, which a redirect must keep at its end, so that later requests can use its base
  /// (gitprotocol-http; git refuses the same).
  static let firstQuestion = "/info/refs?service=git-upload-pack"

  let origin: HTTPOrigin
  /// Absolute, percent-encoded, without user info.
  let url: String
  /// For display: without the query.
  let redacted: String
  /// False when a redirect led here.
  let isOriginal: Bool

  /// `nil` when the source is not reached over http or https.
  init?(_ source: SourceURL) {
    guard let origin = source.origin else { return nil }
    self.origin = origin
    url = "\(origin)\(source.path)"
    redacted = source.redacted
    isOriginal = true
  }

  /// The base that a redirected first question leads to; `nil` when its tail is not that of the question, or it is no
  /// http URL. User info in it is left out.
  init?(redirectedTo location: String) {
    guard location.hasSuffix(Self.firstQuestion) else { return nil }
    let text = String(location.dropLast(Self.firstQuestion.count))
    // Why it is no URL does not matter: the redirect is refused, and its text shown.
    guard let target = try? SourceURL(text), let origin = target.origin else { return nil }
    self.origin = origin
    url = "\(origin)\(target.path)"
    redacted = target.redacted
    isOriginal = false
  }

  /// An absolute form of a `Location` header (RFC 3986 § 5.2): absolute, `//host/…`, `/path…`, or relative to the
  /// directory of the request.
  func resolve(_ location: String) -> String {
    let target = location.prefix { $0 != "#" }
    if let separator = target.firstRange(of: "://"), !target[..<separator.lowerBound].contains("/") {
      return String(target)
    }
    if target.hasPrefix("//") { return (origin.isSecure ? "https:" : "http:") + target }
    if target.hasPrefix("/") { return "\(origin)\(target)" }
    // The request's path is in …/info/, so that is the directory; the server refuses dots.
    return "\(url)/info/\(target)"
  }
}

/// Scheme, host and port: the key of credentials and of a server's properties.
struct HTTPOrigin: Hashable, Sendable {
  let isSecure: Bool
  /// Lower case, without brackets.
  let host: String
  let port: Int
}

extension HTTPOrigin: CustomStringConvertible {
  var description: String {
    let name = host.contains(":") ? "[\(host)]" : host
    let usualPort = isSecure ? 443 : 80
    return "\(isSecure ? "https" : "http")://\(name)\(port == usualPort ? "" : ":\(port)")"
  }
}
