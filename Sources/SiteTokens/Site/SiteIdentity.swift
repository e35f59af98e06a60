/// Who asks, as a token has proved it.
package struct SiteIdentity: Hashable, Sendable {
  /// The site.
  package let name: SiteName
  /// The epoch that it believes in.
  package let epoch: UInt64
}
