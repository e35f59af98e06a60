/// The words that a field of the API may have.
package protocol APIWord: RawRepresentable<String>, CaseIterable, Hashable, Sendable {}

extension APIWord {
  /// All words, as they are sent.
  package static var words: [String] { allCases.map(\.rawValue) }
  /// The same with commas between them.
  package static var list: String { words.joined(separator: ", ") }
}

/// A word of the API: one that this version knows, or another as it came. A newer version may send a word that this one
/// does not know, which is no error of its message.
package enum Word<Known: APIWord>: Hashable, Sendable {
  case known(Known)
  case other(String)

  /// The word of a text.
  package init(_ text: String) { self = Known(rawValue: text).map { .known($0) } ?? .other(text) }

  /// The word as it is sent.
  package var text: String {
    switch self {
    case .known(let word): word.rawValue
    case .other(let text): text
    }
  }

  /// The word, where this version knows it.
  package var known: Known? {
    if case .known(let word) = self { word } else { nil }
  }
}

/// Whether it is a certain word.
package func == <Known: APIWord>(left: Word<Known>?, right: Known) -> Bool { left?.known == right }
/// Whether it is none, or another word.
package func != <Known: APIWord>(left: Word<Known>?, right: Known) -> Bool { left?.known != right }

extension Word: CustomStringConvertible {
  /// The word as it is sent.
  package var description: String { text }
}

extension Word: Codable {
  /// Decodes any text.
  package init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(String.self))
  }

  /// Encodes the text.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// A value that is sent as a text, for the schemas.
package protocol APIText: Decodable {
  /// The value of a text.
  init(_ text: String)
}

extension Word: APIText {}

// MARK: The words

/// The role of a site.
package enum AgentRole: String, APIWord {
  case primary, secondary
}

/// The state of a site, as the primary judges it by its last report.
package enum SiteCondition: String, APIWord {
  case healthy, unhealthy
  /// It has never reported.
  case unknown
}

/// The state of an entry's sync.
package enum SyncWord: String, APIWord {
  case pending, started, synced, failed
}

/// The state of a verification, or on a primary of a checksum's reading.
package enum VerificationWord: String, APIWord {
  case pending, started, succeeded, failed, disabled
}

/// Why a replicable that is tracked is not replicated.
package enum NotReplicatedReason: String, APIWord {
  case excluded, unavailable, broken
  /// The kind's feature is off here.
  case featureOff = "feature_off"
  /// The kind's feature is off on the primary.
  case featureOffOnPrimary = "feature_off_on_primary"
  /// The primary does not have the kind.
  case unknownToPrimary = "unknown_to_primary"
}

/// The purpose of a job.
package enum JobWord: String, APIWord {
  case sync, verification, housekeeping, check
}

/// The orders of a list of entries.
package enum RegistrySort: String, APIWord {
  case idAscending = "id_asc"
  case idDescending = "id_desc"
  case lastSyncedAtAscending = "last_synced_at_asc"
  case lastSyncedAtDescending = "last_synced_at_desc"
  case verifiedAtAscending = "verified_at_asc"
  case verifiedAtDescending = "verified_at_desc"
}

/// An order about entries of a registry.
package enum RegistryOrder: String, APIWord {
  /// A sync now.
  case resync
  /// A sync that fetches everything anew.
  case redownload
  /// A verification now; on a primary a reading of the checksum.
  case reverify
  /// A check of the copy's objects.
  case recheck
}

/// The states by which an order selects entries. Finished entries are selected with all others, or by id.
package enum UnfinishedWord: String, APIWord {
  case pending, started, failed
}

/// An order about the trash of a kind.
package enum TrashOrder: String, APIWord {
  /// Brings a copy back.
  case restore
  /// Removes copies for good.
  case empty
}

/// What a Git host, a hook or an operator reports of one replicable.
package enum EventWord: String, APIWord {
  /// Its refs moved.
  case push
  /// Something changed, or it is new.
  case update
  /// It is said to be gone, which each agent verifies.
  case destroy
}

/// The state of one replicable on the primary's disk.
package enum StandingWord: String, APIWord {
  case present
  /// It has another id.
  case moved
  case gone, unknown
}
