internal import AgentAPI
internal import GraphQLEngine

/// The fields of every registry's entries: GitLab EE 18's (`Types::Geo::RegistryType`), then Remora's.
enum GeoRegistryFields {
  static let all: [GraphQLField] = [
    .init("id", "ID!", "What the entry is known by."),
    .init("state", "ReplicationStateEnum!", "Where the sync stands."),
    .init("createdAt", "Time!", "When the entry was made."),
    .init("lastSyncedAt", "Time", "When the last sync began."),
    .init("lastSyncFailure", "String", "Why the last sync failed."),
    .init("retryAt", "Time", "When a failed sync is due again."),
    .init("retryCount", "Int!", "Failures since the last success."),
    .init("missingOnPrimary", "Boolean!", "The primary said that it does not have it."),
    .init(
      "forceToRedownload", "Boolean!", "The next sync fetches everything anew.",
      deprecation: "Geo no longer has it; here it still tells what it says"),
    .init("checksumMismatch", "Boolean!", "The last verification found a difference."),
    .init("verificationState", "VerificationStateEnum!", "Where the verification stands."),
    .init("verificationChecksum", "String", "The copy's digest at the last verification."),
    .init("verificationChecksumMismatched", "String", "The primary's digest, where the two differed."),
    .init("verificationFailure", "String", "Why the last verification failed."),
    .init("verificationRetryAt", "Time", "When a failed verification is due again."),
    .init("verificationRetryCount", "Int!", "Failed verifications since the last success."),
    .init("verificationStartedAt", "Time", "When the last verification began."),
    .init("verifiedAt", "Time", "When the last verification ended."),
    .init("modelRecordId", "ID!", "The id of the replicable within its kind."),
    .init("dataManagementDetailsPath", "String!", "The entry's page."),
    .init("replicableName", "String!", "The kind."),
    .init("isRestored", "Boolean!", "A person has brought it back from the trash."),
    .init("incarnation", "String", "Which incarnation the copy is of."),
    .init("wanted", "String", "Up to which event the copy is asked for."),
    .init("held", "String", "Up to which event the copy is complete."),
    .init("announcedAt", "Time", "Since when something was announced that no verification has seen."),
    .init("checkedAt", "Time", "When the copy's objects were last checked."),
    .init("checkFailure", "String", "What that check found."),
    .init("checkRetryCount", "Int!", "Checks in a row that found something."),
  ]

  static func value(_ row: RegistryRow, of kind: GeoKind) -> GraphQLValue {
    .object([
      ("__typename", .string(kind.type)), ("id", .string(kind.globalID(row.id))),
      ("state", .string(row.state.text.uppercased())), ("createdAt", .string(row.createdAt)),
      ("lastSyncedAt", .text(row.lastSyncedAt)), ("lastSyncFailure", .text(row.lastSyncFailure)),
      ("retryAt", .text(row.retryAt)), ("retryCount", .int(Int64(row.retryCount))),
      ("missingOnPrimary", .bool(row.missingOnPrimary)), ("forceToRedownload", .bool(row.forceToRedownload)),
      ("checksumMismatch", .bool(row.checksumMismatch)),
      ("verificationState", .string(row.verificationState.text.uppercased())),
      ("verificationChecksum", .text(row.verificationChecksum)),
      ("verificationChecksumMismatched", .text(row.verificationChecksumMismatched)),
      ("verificationFailure", .text(row.verificationFailure)),
      ("verificationRetryAt", .text(row.verificationRetryAt)),
      ("verificationRetryCount", .int(Int64(row.verificationRetryCount))),
      ("verificationStartedAt", .text(row.verificationStartedAt)), ("verifiedAt", .text(row.verifiedAt)),
      ("modelRecordId", .string(row.modelRecordId)),
      ("dataManagementDetailsPath", .string(AgentRoute.path("/kinds/\(kind.name)/entry", [("id", row.modelRecordId)]))),
      ("replicableName", .string(kind.name)), ("isRestored", .bool(row.isRestored)),
      ("incarnation", .text(row.incarnation)), ("wanted", .text(row.wanted)), ("held", .text(row.held)),
      ("announcedAt", .text(row.announcedAt)), ("checkedAt", .text(row.checkedAt)),
      ("checkFailure", .text(row.checkFailure)), ("checkRetryCount", .int(Int64(row.checkRetryCount))),
    ])
  }
}
