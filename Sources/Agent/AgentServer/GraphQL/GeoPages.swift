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

/// The fields of every registry's entries in GraphQL, by the table `RegistryField.all`.
enum GeoRegistryFields {
  static let all: [GraphQLField] = RegistryField.all.compactMap { field in
    field.graphQL.map { GraphQLField(field.name, $0.type, $0.description, deprecation: $0.deprecation) }
  }

  static func value(_ row: RegistryRow, of kind: GeoKind) -> GraphQLValue {
    .object(
      [("__typename", .string(kind.type))]
        + RegistryField.all.filter { $0.graphQL != nil }.map { ($0.name, value($0.value(row), of: kind)) })
  }

  private static func value(_ value: RegistryField.Value, of kind: GeoKind) -> GraphQLValue {
    switch value {
    case .number(let number): .string(kind.globalID(number))
    case .id(let text): .string(text)
    case .text(let text), .time(let text): .text(text)
    case .count(let count): .int(Int64(count))
    case .flag(let flag): .bool(flag)
    case .sync(let word): .string(word.text.uppercased())
    case .verification(let word): .string(word.text.uppercased())
    case .reason(let word): .text(word?.text)
    }
  }
}
