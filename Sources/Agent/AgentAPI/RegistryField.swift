/// One field of a registry's entries. GraphQL's fields and the columns of an entry's page derive from
/// `RegistryField.all`; a test compares it with the members of `RegistryRow` in JSON.
package struct RegistryField: Sendable {
  /// The value of a field in one entry.
  package enum Value: Hashable, Sendable {
    case id(String)
    case number(UInt64)
    case text(String?)
    /// RFC 3339, UTC.
    case time(String?)
    case count(Int)
    case flag(Bool)
    case sync(Word<SyncWord>)
    case verification(Word<VerificationWord>)
    case reason(Word<NotReplicatedReason>?)
  }

  /// A column of an entry's page.
  package struct Column: Hashable, Sendable {
    /// The position among the columns.
    package let position: Int
    /// The label.
    package let label: String

    fileprivate init(_ position: Int, _ label: String) {
      self.position = position
      self.label = label
    }
  }

  /// GraphQL's field.
  package struct GraphQLPart: Hashable, Sendable {
    /// Such as `Time!`.
    package let type: String
    /// One sentence.
    package let description: String
    /// Why it should not be used any more.
    package let deprecation: String?
  }

  /// The name in GraphQL; JSON has it in small letters with underscores.
  package let name: String
  /// Whether it is computed, and not a member in JSON.
  package let isComputed: Bool
  /// `nil` where GraphQL does not have it.
  package let graphQL: GraphQLPart?
  /// `nil` where the page shows it elsewhere, or not at all.
  package let column: Column?
  /// Returns the value in an entry.
  package let value: @Sendable (RegistryRow) -> Value

  /// The name in JSON.
  package var jsonName: String { name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" } }

  private init(
    _ name: String, _ type: String, _ description: String?, _ column: Column? = nil, deprecation: String? = nil,
    isComputed: Bool = false, _ value: @escaping @Sendable (RegistryRow) -> Value
  ) {
    self.name = name
    self.isComputed = isComputed
    graphQL = description.map { GraphQLPart(type: type, description: $0, deprecation: deprecation) }
    self.column = column
    self.value = value
  }
}

extension RegistryField {
  /// All fields, in GraphQL's order: GitLab EE 18's (`Types::Geo::RegistryType`), then Remora's.
  package static let all: [RegistryField] = [
    .init("id", "ID!", "What the entry is known by.", Column(1, "Number")) { .number($0.id) },
    .init("state", "ReplicationStateEnum!", "Where the sync stands.") { .sync($0.state) },
    .init("createdAt", "Time!", "When the entry was made.", Column(2, "Tracked since")) { .time($0.createdAt) },
    .init("lastSyncedAt", "Time", "When the last sync began.", Column(4, "Last attempt")) { .time($0.lastSyncedAt) },
    .init("lastSyncFailure", "String", "Why the last sync failed.", Column(7, "Sync failure")) {
      .text($0.lastSyncFailure)
    },
    .init("retryAt", "Time", "When a failed sync is due again.", Column(9, "Sync again")) { .time($0.retryAt) },
    .init("retryCount", "Int!", "Failures since the last success.", Column(8, "Sync failures in a row")) {
      .count($0.retryCount)
    },
    .init(
      "missingOnPrimary", "Boolean!", "The primary said that it does not have it.",
      Column(10, "Missing on the primary")
    ) { .flag($0.missingOnPrimary) },
    .init(
      "forceToRedownload", "Boolean!", "The next sync fetches everything anew.",
      deprecation: "Geo no longer has it; here it still has its value"
    ) { .flag($0.forceToRedownload) },
    .init("checksumMismatch", "Boolean!", "The last verification found a difference.") { .flag($0.checksumMismatch) },
    .init("verificationState", "VerificationStateEnum!", "Where the verification stands.") {
      .verification($0.verificationState)
    },
    .init(
      "verificationChecksum", "String", "The copy's digest at the last verification.",
      Column(15, "Checksum of the copy")
    ) { .text($0.verificationChecksum) },
    .init(
      "verificationChecksumMismatched", "String", "The primary's digest, where the two differed.",
      Column(16, "Checksum of the primary")
    ) { .text($0.verificationChecksumMismatched) },
    .init(
      "verificationFailure", "String", "Why the last verification failed.", Column(12, "Verification failure")
    ) { .text($0.verificationFailure) },
    .init(
      "verificationRetryAt", "Time", "When a failed verification is due again.", Column(14, "Verification again")
    ) { .time($0.verificationRetryAt) },
    .init(
      "verificationRetryCount", "Int!", "Failed verifications since the last success.",
      Column(13, "Verification failures in a row")
    ) { .count($0.verificationRetryCount) },
    .init("verificationStartedAt", "Time", "When the last verification began.") { .time($0.verificationStartedAt) },
    .init("verifiedAt", "Time", "When the last verification ended.", Column(11, "Last verification")) {
      .time($0.verifiedAt)
    },
    .init("modelRecordId", "ID!", "The id of the replicable within its kind.") { .id($0.modelRecordId) },
    .init("dataManagementDetailsPath", "String!", "The entry's page.", isComputed: true) {
      .text(AgentRoute.path(AgentPath.entryPage.of($0.replicableName), [("id", $0.modelRecordId)]))
    },
    .init("replicableName", "String!", "The kind.") { .text($0.replicableName) },
    .init("isRestored", "Boolean!", "A person has brought it back from the trash.") { .flag($0.isRestored) },
    .init("incarnation", "String", "Which incarnation the copy is of.", Column(22, "Incarnation")) {
      .text($0.incarnation)
    },
    .init("wanted", "String", "Up to which event the copy is asked for.", Column(17, "Asked for up to event")) {
      .text($0.wanted)
    },
    .init("held", "String", "Up to which event the copy is complete.", Column(18, "Complete up to event")) {
      .text($0.held)
    },
    .init(
      "announcedAt", "Time", "Since when something was announced that no verification has seen.",
      Column(19, "Change waiting since")
    ) { .time($0.announcedAt) },
    .init("checkedAt", "Time", "When the copy's objects were last checked.", Column(20, "Objects checked")) {
      .time($0.checkedAt)
    },
    .init("checkFailure", "String", "What that check found.", Column(21, "Object check found")) {
      .text($0.checkFailure)
    },
    .init("checkRetryCount", "Int!", "Checks in a row that found something.") { .count($0.checkRetryCount) },
    // GraphQL does not have these.
    .init("lastSuccessAt", "Time", nil, Column(3, "Last sync")) { .time($0.lastSuccessAt) },
    .init("notOffered", "String", nil, Column(5, "Not replicated")) { .reason($0.notOffered) },
    .init("notOfferedAt", "Time", nil, Column(6, "Not replicated since")) { .time($0.notOfferedAt) },
  ]

  /// The fields with a column of an entry's page, in the order of the columns.
  package static let columns = all.filter { $0.column != nil }
    .sorted { ($0.column?.position ?? 0) < ($1.column?.position ?? 0) }
}
