internal import Agent
internal import AgentAPI
internal import GraphQLEngine

/// Pages of registries, as Relay's connections (GraphQL Cursor Connections Specification).
enum GeoPages {
  /// GitLab's largest page, which is also the default.
  static let longest = 100
  private static let mostIDs = 1_000

  static let arguments: [GraphQLInputValue] = [
    .init("ids", "[ID!]", "Only these entries."),
    .init("replicationState", "ReplicationStateEnum", "Only those whose sync stands here."),
    .init("verificationState", "VerificationStateEnum", "Only those whose verification stands here."),
    .init("keyword", "String", "Only those whose modelRecordId begins so."),
    .init("sort", "GeoRegistrySort", "The order.", standard: .name("ID_ASC")),
    .init("first", "Int", "The first so many, at most 100."), .init("last", "Int", "The last so many, at most 100."),
    .init("after", "String", "Behind this place."), .init("before", "String", "Before this place."),
  ]

  /// Returns the maximum of entries.
  static func size(_ arguments: GraphQLObject) -> Int {
    let asked = number(arguments["first"]) ?? number(arguments["last"]) ?? longest
    return max(1, min(asked, longest))
  }

  private static func number(_ value: GraphQLValue?) -> Int? {
    if case .int(let number)? = value { return Int(number) }
    return nil
  }

  static func page(of kind: GeoKind, _ call: GraphQLCall, _ agent: Agent) async throws -> GraphQLValue {
    let listing = try await listing(of: kind, call.arguments, agent)
    guard call.parent["isCurrent"] == .bool(true), agent.role == .secondary, size(asked: call.arguments) > 0 else {
      return value([], RegistryPage(next: nil), kind, sort: listing.sort)
    }
    let page = try await agent.list(listing, of: kind.name)
    return value(page.entries ?? [], page, kind, sort: listing.sort)
  }

  private static func size(asked arguments: GraphQLObject) -> Int {
    number(arguments["first"]) ?? number(arguments["last"]) ?? longest
  }

  private static func listing(
    of kind: GeoKind, _ arguments: GraphQLObject, _ agent: Agent
  ) async throws -> RegistryListing {
    func present(_ name: String) -> Bool { arguments[name].map { $0 != .null } ?? false }
    guard !(present("first") && present("last")), size(asked: arguments) >= 0 else {
      throw AgentFault(
        400, "invalid_request", "list both ends, or less than nothing: give 'first' or 'last', 0 or more")
    }
    var listing = RegistryListing()
    listing.sort = (arguments["sort"]?.text ?? "ID_ASC").lowercased()
    listing.state = arguments["replicationState"]?.text?.lowercased()
    listing.verificationState = arguments["verificationState"]?.text?.lowercased()
    listing.prefix = arguments["keyword"]?.text
    listing.after = arguments["after"]?.text
    listing.before = arguments["before"]?.text
    listing.isFromEnd = present("last")
    listing.limit = size(arguments)
    if case .list(let ids)? = arguments["ids"] {
      listing.modelRecordIDs = try await modelRecordIDs(ids.compactMap(\.text), of: kind, agent)
    }
    return listing
  }

  /// Returns the replicables of entries; invalid ids are left out.
  static func modelRecordIDs(_ ids: [String], of kind: GeoKind, _ agent: Agent) async throws -> [String] {
    guard ids.count <= mostIDs else {
      throw AgentFault(400, "invalid_request", "look \(ids.count) entries up: \(mostIDs) are the most")
    }
    var found: [String] = []
    for id in ids {
      guard let number = kind.number(ofID: id) else { continue }
      if let row = try await agent.entry(number: number, of: kind.name) { found.append(row.modelRecordId) }
    }
    return found
  }

  private static func value(
    _ rows: [RegistryRow], _ page: RegistryPage, _ kind: GeoKind, sort: String
  ) -> GraphQLValue {
    let nodes = rows.map { GeoRegistryFields.value($0, of: kind) }
    let cursors = rows.map { GraphQLValue.text(RegistryListing.cursor(of: $0, sort: sort)) }
    return .object([
      ("nodes", .list(nodes)),
      ("edges", .list(zip(cursors, nodes).map { .object([("cursor", $0), ("node", $1)]) })),
      (
        "pageInfo",
        .object([
          ("hasNextPage", .bool(page.next != nil)), ("hasPreviousPage", .bool(page.previous != nil)),
          ("startCursor", cursors.first ?? .null), ("endCursor", cursors.last ?? .null),
        ])
      ),
      ("count", .int(Int64(page.count ?? 0))),
    ])
  }
}

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
