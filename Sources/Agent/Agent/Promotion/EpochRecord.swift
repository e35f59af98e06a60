/// What a site records of promotions: `<state>/epoch.json`. Each promotion of a group of sites has a higher epoch than the one before;
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
    /// It is fenced, or follows this site.
    package var isFormerFenced: Bool
  }

  /// This site was the primary and is no more.
  package struct Fence: Codable, Hashable, Sendable {
    /// RFC 3339, UTC.
    package var at: String
    /// Which site replaced it.
    package var by: String
    /// The last event of this site's log when it was fenced; `nil` in records of version 0.1.
    package var lastEventID: UInt64?
  }

  package var format = 1
  package var epoch: UInt64 = 0
  package var promotion: Promotion?
  package var fence: Fence?

  package init() {}
}
