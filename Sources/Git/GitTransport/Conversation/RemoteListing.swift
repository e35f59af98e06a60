package import GitValues

/// What a server said about a repository when asked for its refs.
package struct RemoteListing: Sendable {
  /// HEAD, every ref sorted and with its peeled value, and the refs that cannot be part of a view.
  package var view: RefView
  /// 0, 1 or 2.
  package var protocolVersion: Int
  /// As sent, for display: `agent=git/2.39.5`, `ls-refs=unborn`. Empty when the advertisement was skipped.
  package var capabilities: [String]
  /// `sha1`; other formats are refused before a listing exists.
  package var objectFormat: String
  /// True when the server reports that it is shallow. Available this early only over v0, v1 and for local sources; over
  /// v2 the fetch shows it.
  package var isShallow: Bool

  package init(
    view: RefView, protocolVersion: Int, capabilities: [String] = [], objectFormat: String = "sha1",
    isShallow: Bool = false
  ) {
    self.view = view
    self.protocolVersion = protocolVersion
    self.capabilities = capabilities
    self.objectFormat = objectFormat
    self.isShallow = isShallow
  }
}
