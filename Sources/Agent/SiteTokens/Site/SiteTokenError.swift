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
