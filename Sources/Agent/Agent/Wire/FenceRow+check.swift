internal import AgentAPI
internal import SiteTokens

extension FenceRow {
  /// Returns the row after checking that its names, which are displayed, stored and looked up, are names of sites.
  ///
  /// - Throws: `WireError`.
  func checked() throws(WireError) -> FenceRow {
    for name in [site] + [fencedBy].compactMap({ $0 }) where SiteName(name) == nil {
      throw WireError("the site name '\(name.prefix(63).filter { $0.isASCII && !$0.isNewline })'")
    }
    return self
  }
}
