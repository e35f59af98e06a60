/// What lies in the trash of a kind.
package struct TrashPage: Codable, Hashable, Sendable {
  /// The newest first.
  package var tickets: [TrashRow]

  /// A page.
  package init(tickets: [TrashRow]) { self.tickets = tickets }
}

/// One copy in the trash.
package struct TrashRow: Codable, Hashable, Sendable {
  /// Its directory in the trash: what restoring asks for.
  package var name: String
  /// Which replicable it was.
  package var id: String
  /// 16 hexadecimal digits.
  package var incarnation: String?
  /// Since when it lies there.
  package var discardedAt: String
  /// `deleted` or `displaced`.
  package var reason: String

  /// A row.
  package init(name: String, id: String, incarnation: String?, discardedAt: String, reason: String) {
    self.name = name
    self.id = id
    self.incarnation = incarnation
    self.discardedAt = discardedAt
    self.reason = reason
  }
}

/// An action on the trash; the body of a `POST`.
package struct TrashAction: Codable, Hashable, Sendable {
  /// What is asked for.
  package var action: Word<TrashOrder>
  /// With `restore`: the directory in the trash.
  package var name: String?
  /// With `empty`: what lies there for longer than this. 0 empties all.
  package var olderThanSeconds: UInt64?

  /// An action.
  package init(action: Word<TrashOrder>, name: String? = nil, olderThanSeconds: UInt64? = nil) {
    self.action = action
    self.name = name
    self.olderThanSeconds = olderThanSeconds
  }

  /// An action that this version knows.
  package init(_ action: TrashOrder, name: String? = nil, olderThanSeconds: UInt64? = nil) {
    self.init(action: .known(action), name: name, olderThanSeconds: olderThanSeconds)
  }
}

/// The feature flags of a site.
package struct FeaturePage: Codable, Hashable, Sendable {
  /// One a kind.
  package var features: [FeatureRow]

  /// A page.
  package init(features: [FeatureRow]) { self.features = features }
}

/// One feature flag; also the body of a `POST` that sets it.
package struct FeatureRow: Codable, Hashable, Sendable {
  /// `geo_<kind>_replication`.
  package var name: String
  /// It is on.
  package var isEnabled: Bool

  /// A flag.
  package init(name: String, isEnabled: Bool) {
    self.name = name
    self.isEnabled = isEnabled
  }
}
