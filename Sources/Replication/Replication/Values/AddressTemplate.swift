internal import TextBytes

/// Where a kind's replicables are fetched from, with `{id}` for the id: `https://git.example.org/{id}.git`.
///
/// Schemes https, http, ssh and git only; `{id}` only after the authority, so that no id chooses the host. Every part
/// of an id is percent-encoded (RFC 3986: unreserved characters stay), its slashes stay.
public struct AddressTemplate: Hashable, Sendable, CustomStringConvertible {
  /// The template as it was written.
  public let text: String

  /// - Throws: `ReplicationError.invalidAddress` with the rule that the text breaks.
  public init(_ text: String) throws(ReplicationError) {
    if let reason = Self.objection(to: text) { throw .invalidAddress(text, reason: reason) }
    self.text = text
  }

  /// The template as it was written.
  public var description: String { text }

  /// The URL of one replicable.
  public func url(of id: ReplicableID) -> String {
    let pieces = text.split(separator: Self.mark, omittingEmptySubsequences: false)
    return pieces.joined(separator: Self.encoded(id.text))
  }

  private static let mark = "{id}"
  private static let schemes = ["https", "http", "ssh", "git"]

  private static func objection(to text: String) -> String? {
    guard let colon = text.range(ofFirst: "://") else { return "no scheme" }
    guard schemes.contains(String(text[..<colon.lowerBound])) else { return "scheme is none of https, http, ssh, git" }
    let rest = text[colon.upperBound...]
    guard let slash = rest.firstIndex(of: "/"), slash != rest.startIndex else { return "no host and path" }
    if rest[..<slash].contains("{") { return "{id} before the path" }
    guard rest[slash...].range(ofFirst: mark) != nil else { return "no {id}" }
    if text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f }) { return "space or control character" }
    return nil
  }

  private static func encoded(_ id: String) -> String {
    PercentCoding.encode(id.utf8) { PercentCoding.isUnreserved($0) || $0 == UInt8(ascii: "/") }
  }
}

extension StringProtocol {
  /// Returns the first range of `part`; avoids an import of Foundation.
  fileprivate func range(ofFirst part: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
      start = index(after: start)
    }
    return nil
  }
}

/// From where a secondary fetches one replicable.
public struct SourceAddress: Hashable, Sendable {
  /// A URL or a path. May carry user info, which is never written anywhere.
  public var location: String
  /// Sent as `Authorization: Bearer …`; never written anywhere.
  public var bearerToken: String?

  /// An address.
  public init(location: String, bearerToken: String? = nil) {
    self.location = location
    self.bearerToken = bearerToken
  }
}
