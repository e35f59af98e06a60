/// What a site knows of promotions: `<state>/epoch.json`. Each promotion of a group of sites has a higher epoch than the one before;
/// only the primary of the highest is one.
package struct EpochRecord: Codable, Hashable, Sendable {
  /// This site was made the primary.
  package struct Promotion: Codable, Hashable, Sendable {
    /// RFC 3339, UTC.
    package var at: String
    /// Whom it replaced: where its agent is.
    package var formerURL: String
    /// Its name; `nil` when it never answered.
    package var formerName: String?
    /// The last event of the former primary that was taken in.
    package var lastEventID: UInt64
    /// It has heard of this, and refuses everything.
    package var isFormerFenced: Bool
  }

  /// This site was the primary and is no more.
  package struct Fence: Codable, Hashable, Sendable {
    /// RFC 3339, UTC.
    package var at: String
    /// Who is it now.
    package var by: String
  }

  package var format = 1
  package var epoch: UInt64 = 0
  package var promotion: Promotion?
  package var fence: Fence?

  package init() {}
}
