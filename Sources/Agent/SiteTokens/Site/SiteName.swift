/// The name of a site: `berlin`, `eu-1.example`. In tokens, configuration and URLs.
///
/// Letters, digits and `-`, `_`, `.`, a letter or digit first, at most 63 characters. Two names are equal byte by byte.
package struct SiteName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The name as text.
  package let text: String

  /// `nil` when the text breaks the rule above.
  package init?(_ text: String) {
    let bytes = text.utf8
    guard let first = bytes.first, Self.isAlphanumeric(first), bytes.count <= 63,
      bytes.allSatisfy({ Self.isAlphanumeric($0) || [0x2d, 0x2e, 0x5f].contains($0) })
    else { return nil }
    self.text = text
  }

  /// The rule, for the message about a name that breaks it.
  package static let rule = "use letters, digits and '-', '_', '.', a letter or digit first, at most 63"

  /// The name as text.
  package var description: String { text }

  /// Bytewise order.
  package static func < (left: SiteName, right: SiteName) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }
}

/// Who asks, as a token has proved it.
package struct SiteIdentity: Hashable, Sendable {
  /// The site.
  package let name: SiteName
  /// The epoch that it names; a claim, which changes nothing.
  package let epoch: UInt64
}

/// What a site's token has proved before the body of its request was read: who asks, for which method and path, and which body
/// it was signed for.
package struct SiteAdmission: Hashable, Sendable {
  /// Who asks.
  package let identity: SiteIdentity
  /// The digest that the token names, as 64 small hexadecimal digits.
  let body: String

  /// Compares the body that came with the one that was signed.
  ///
  /// - Throws: `SiteTokenError` of code `otherRequest`.
  package func check(_ digest: BodyDigest) throws(SiteTokenError) {
    guard body == digest.hex else { throw Self.otherRequest(identity.name) }
  }

  static func otherRequest(_ site: SiteName) -> SiteTokenError {
    SiteTokenError(
      .otherRequest,
      "the token of '\(site)' is for another method, path or body: let no proxy between the sites rewrite requests")
  }
}

/// Why a site's token was refused.
package struct SiteTokenError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The reason as a word for programs: its raw value is stable.
  package enum Code: String, CaseIterable, Sendable {
    /// No JWT with our claims, signed by HS256.
    case malformed = "token_malformed"
    /// The site that it names is none of ours.
    case unknownSite = "token_unknown_site"
    /// It was not signed with the site's secret, or changed afterwards.
    case wrongSignature = "token_wrong_signature"
    /// Its time is over.
    case expired = "token_expired"
    /// It was issued in the future: the clocks differ.
    case clocksDiffer = "token_clocks_differ"
    /// It wants to live longer than 60 s.
    case livesTooLong = "token_lives_too_long"
    /// It is for another site.
    case wrongAudience = "token_wrong_audience"
    /// It is for another request: method, path, query or body.
    case otherRequest = "token_other_request"
    /// It was used before.
    case replayed = "token_replayed"
    /// It is not for this start of the agent: make another one for `start` and ask again, once.
    case retry = "token_retry"
    /// The site has used more tokens than can be remembered: wait and ask again.
    case overloaded = "token_overloaded"
  }

  /// The reason.
  package let code: Code
  /// One line: the error and the remedy.
  package let message: String
  /// With `retry`: what the next token must name as its start; otherwise `nil`.
  package let start: String?

  init(_ code: Code, _ message: String, start: String? = nil) {
    self.code = code
    self.message = message
    self.start = start
  }

  /// The line.
  package var description: String { message }
}
