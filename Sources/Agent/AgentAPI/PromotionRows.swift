/// How a site is made the primary; the body of `POST /api/v1/promotion`.
package struct PromotionOrder: Codable, Hashable, Sendable {
  /// Although something would be lost, or the primary cannot be asked.
  package var isForced: Bool
  /// Only says what would be.
  package var isDryRun: Bool

  /// An order.
  package init(isForced: Bool, isDryRun: Bool) {
    self.isForced = isForced
    self.isDryRun = isDryRun
  }
}

/// What a promotion found and did.
package struct PromotionRow: Codable, Hashable, Sendable {
  /// The site.
  package var site: String
  /// It is the primary now, or will be in a moment when its agent has opened its state again.
  package var isPromoted: Bool
  /// The epoch that it has, or would have.
  package var epoch: UInt64
  /// The agent of the primary that is replaced.
  package var formerUrl: String?
  /// Why that one could not be asked; `nil` when it could.
  package var formerFailure: String?
  /// It has recorded the fence, and refuses everything.
  package var isFormerFenced: Bool
  /// Its last event, where it could be asked.
  package var formerLastEventId: UInt64?
  /// The last event that was taken in here.
  package var lastEventId: UInt64
  /// What stands against it, one line each.
  package var problems: [String]
  /// The replicables that would be lost or are unverified, by kind.
  package var kinds: [KindRow]

  /// One kind.
  package struct KindRow: Codable, Hashable, Sendable {
    /// The kind.
    package var replicableName: String
    /// How many are tracked.
    package var count: Int
    /// Not synced.
    package var unsynced: Int
    /// Synced, but not verified.
    package var unverified: Int
    /// Whose objects were never checked, or are damaged.
    package var unchecked: Int
    /// The first hundred of all these, with their reason: `ID: REASON`.
    package var examples: [String]

    /// A row.
    package init(
      replicableName: String, count: Int, unsynced: Int, unverified: Int, unchecked: Int, examples: [String]
    ) {
      self.replicableName = replicableName
      self.count = count
      self.unsynced = unsynced
      self.unverified = unverified
      self.unchecked = unchecked
      self.examples = examples
    }
  }

  /// A row; the rest is set by name.
  package init(site: String, epoch: UInt64, lastEventId: UInt64) {
    self.site = site
    self.epoch = epoch
    self.lastEventId = lastEventId
    isPromoted = false
    isFormerFenced = false
    problems = []
    kinds = []
  }
}

/// Asks a primary to refuse everything from now on; the body of `POST /api/v1/fence`.
package struct FenceOrder: Codable, Hashable, Sendable {
  /// That of the new primary.
  package var epoch: UInt64
  /// The last event that the new primary has; `nil` does not care whether it is the last.
  package var lastEventId: UInt64?

  /// An order.
  package init(epoch: UInt64, lastEventId: UInt64?) {
    self.epoch = epoch
    self.lastEventId = lastEventId
  }
}

/// How a primary stands; the answer of `GET` and `POST /api/v1/fence`.
package struct FenceRow: Codable, Hashable, Sendable {
  /// Its name.
  package var site: String
  /// Its epoch.
  package var epoch: UInt64
  /// Its last event.
  package var lastEventId: UInt64
  /// Which site has replaced it.
  package var fencedBy: String?
  /// Whether the site that asks may replace it; `nil` to a reader, and from version 0.1.
  package var mayPromote: Bool?

  /// A row.
  package init(site: String, epoch: UInt64, lastEventId: UInt64, fencedBy: String?) {
    self.site = site
    self.epoch = epoch
    self.lastEventId = lastEventId
    self.fencedBy = fencedBy
  }
}

/// A site's epoch and where it comes from; the answer of `GET` and `POST /api/v1/epoch`.
package struct EpochRow: Codable, Hashable, Sendable {
  /// The site.
  package var site: String
  /// Its role.
  package var role: Word<AgentRole>
  /// Its epoch: the number of promotions that it has recorded.
  package var epoch: UInt64
  /// The site that replaced it, where one has.
  package var fencedBy: String?
  /// When that was. RFC 3339, UTC.
  package var fencedAt: String?
  /// When it was promoted last. RFC 3339, UTC.
  package var promotedAt: String?
  /// The agent of the primary that it replaced then.
  package var formerUrl: String?
  /// That one is fenced, or follows this site.
  package var isFormerFenced: Bool?
  /// Why that one could not be fenced at the last attempt.
  package var formerFailure: String?
  /// Sites whose last request named a higher epoch.
  package var claims: [ClaimRow]

  /// What a site said in passing; it changes nothing.
  package struct ClaimRow: Codable, Hashable, Sendable {
    /// The site.
    package var site: String
    /// The epoch in its last token.
    package var epoch: UInt64

    /// A claim.
    package init(site: String, epoch: UInt64) {
      self.site = site
      self.epoch = epoch
    }
  }

  /// A row; the rest is set by name.
  package init(site: String, role: AgentRole, epoch: UInt64) {
    self.site = site
    self.role = .known(role)
    self.epoch = epoch
    claims = []
  }
}

/// Sets a site's epoch; the body of `POST /api/v1/epoch`.
package struct EpochOrder: Codable, Hashable, Sendable {
  /// The epoch from now on; at most `highest`.
  package var epoch: UInt64

  /// The largest epoch that an operator may set: larger ones are reserved for promotions.
  package static let highest: UInt64 = 1 << 40

  /// An order.
  package init(epoch: UInt64) { self.epoch = epoch }
}
