/// A site's record of promotions: `<state>/epoch.json`. Each promotion of a group of sites has a higher epoch than the
/// one before; only the primary with the highest epoch is valid.
package struct EpochRecord: Codable, Hashable, Sendable {
  /// This site was made the primary.
  package struct Promotion: Codable, Hashable, Sendable {
    /// RFC 3339, UTC.
    package var at: String
    /// The URL of the replaced primary's agent.
    package var formerURL: String
    /// Its name; `nil` when it never answered.
    package var formerName: String?
    /// The last consumed event of the former primary.
    package var lastEventID: UInt64
    /// Whether it is fenced, or follows this site.
    package var isFormerFenced: Bool
  }

  /// This site was the primary and was replaced.
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
