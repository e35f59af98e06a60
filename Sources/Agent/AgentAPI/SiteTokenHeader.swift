/// What a refusal of a site's token says beside its body.
package enum SiteTokenHeader {
  /// The start of the agent that the next token must name; there when it named another one, or none.
  package static let start = "Remora-Start"
}
