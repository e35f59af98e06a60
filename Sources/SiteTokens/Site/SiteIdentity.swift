/// Who asks, as a token has proved it.
package struct SiteIdentity: Hashable, Sendable {
  /// The site.
  package let name: SiteName
  /// The epoch that it names; a claim, which changes nothing.
  package let epoch: UInt64
}
