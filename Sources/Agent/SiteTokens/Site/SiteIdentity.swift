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
