import TextBytes

/// Where an agent is.
package enum AgentEndpoint: Hashable, Sendable, CustomStringConvertible {
  /// `http://…` or `https://…`, without a path.
  case url(String)
  /// A socket in an agent's state directory.
  case socket(path: String)

  /// The endpoint as displayed.
  package var description: String {
    switch self {
    case .url(let url): url
    case .socket(let path): path
    }
  }

  /// The URL of a path with its query.
  func url(of pathAndQuery: String) -> String {
    switch self {
    case .url(let url): (url.hasSuffix("/") ? String(url.dropLast()) : url) + pathAndQuery
    case .socket(let path): "http+unix://" + Self.encoded(path) + pathAndQuery
    }
  }

  /// The path of a socket as the host of a URL, each byte that could end a host encoded.
  private static func encoded(_ path: String) -> String {
    PercentCoding.encode(path.utf8) { PercentCoding.isUnreserved($0) && $0 != UInt8(ascii: "~") }
  }
}
