internal import AgentAPI
internal import SiteTokens

extension FenceRow {
  /// The row, whose names are names of sites: what is shown, kept and looked up.
  ///
  /// - Throws: `WireError`.
  func checked() throws(WireError) -> FenceRow {
    for name in [site] + [fencedBy].compactMap({ $0 }) where SiteName(name) == nil {
      throw WireError("the site name '\(name.prefix(63).filter { $0.isASCII && !$0.isNewline })'")
    }
    return self
  }
}
