internal import Agent
internal import AgentAPI
internal import GraphQLEngine
internal import Replication
internal import SiteAssembly

/// Geo's part of GitLab's GraphQL schema, made from the kinds of a site: `geoNode { <name>Registries }`, the
/// registries' types and the two mutations, under GitLab EE 18's names, and Remora's own fields.
enum GeoSchema {
  /// - Returns: the schema of this site's kinds.
  static func make(_ agent: Agent) -> GraphQLSchema {
    let kinds = agent.plan.kinds.map { GeoKind($0.name.text) }
    let types =
      common + kinds.flatMap { registry($0) } + [query(agent), node(agent, kinds), mutation(agent, kinds)]
      + mutationTypes(kinds)
    do throws(GraphQLSchema.Contradiction) {
      return try GraphQLSchema(types, query: "Query", mutation: "Mutation")
    } catch {
      // Names of kinds are checked when the configuration is read; tests cover the rest of the schema.
      preconditionFailure("\(error)")
    }
  }

  private static let common: [GraphQLType] = [
    GraphQLType("Time", "A moment, RFC 3339, UTC.", .scalar(specifiedBy: "https://www.rfc-editor.org/rfc/rfc3339")),
    words("ReplicationStateEnum", "Where a sync stands.", SyncWord.words.map { $0.uppercased() }),
    words(
      "VerificationStateEnum", "Where a verification stands.",
      VerificationWord.words.map { $0.uppercased() }),
    words("GeoRegistrySort", "The order of a list.", RegistryListing.sorts.map { $0.uppercased() }),
    words("GeoRegistryAction", "What is done to one entry.", ["RESYNC", "REVERIFY", "REDOWNLOAD", "RECHECK"]),
    words("GeoRegistriesBulkAction", "What is done to many entries.", ["RESYNC_ALL", "REVERIFY_ALL"]),
    GraphQLType(
      "PageInfo", "Where a page stands in its list.",
      .object(
        [
          .init("hasNextPage", "Boolean!", "There is more behind it."),
          .init("hasPreviousPage", "Boolean!", "There is more before it."),
          .init("startCursor", "String", "The place of its first entry."),
          .init("endCursor", "String", "The place of its last entry."),
        ], interfaces: [])),
    GraphQLType("GeoRegistry", "What every kind's entries have.", .interface(GeoRegistryFields.all)),
  ]

  static func words(_ name: String, _ description: String, _ words: [String]) -> GraphQLType {
    GraphQLType(name, description, .enumeration(words.map { .init($0, "") }))
  }

  private static func registry(_ kind: GeoKind) -> [GraphQLType] {
    [
      GraphQLType(
        kind.type, "An entry of the registry of '\(kind.name)'.",
        .object(
          GeoRegistryFields.all + [
            .init(kind.idField, "ID!", "The same as modelRecordId.") { call in call.parent["modelRecordId"] ?? .null }
          ], interfaces: ["GeoRegistry"])),
      GraphQLType(
        "\(kind.type)Edge", "An entry and its place.",
        .object(
          [.init("cursor", "String!", "Its place."), .init("node", kind.type, "The entry.")], interfaces: [])),
      GraphQLType(
        "\(kind.type)Connection", "A page of entries.",
        .object(
          [
            .init("nodes", "[\(kind.type)!]", "The entries."),
            .init("edges", "[\(kind.type)Edge!]", "The same, with places."),
            .init("pageInfo", "PageInfo!", "Where the page stands."),
            .init("count", "Int!", "How many fit the filters in all."),
          ], interfaces: [])),
    ]
  }

  // MARK: Questions

  private static func query(_ agent: Agent) -> GraphQLType {
    GraphQLType(
      "Query", "What can be asked.",
      .object(
        [
          .init(
            "geoNode", "GeoNode", "A site; this one unless another is named.",
            arguments: [.init("name", "String", "The site's name.")]
          ) { call in try await node(named: call.arguments["name"]?.text, agent) }
        ], interfaces: []))
  }

  private static func node(named name: String?, _ agent: Agent) async throws -> GraphQLValue {
    let isCurrent = name == nil || name == agent.plan.site
    // A list does not compute a site's numbers, which cost much more than a page.
    let site = isCurrent ? nil : try await agent.sites().sites.first { $0.name == name }
    guard isCurrent || site != nil else { return .null }
    let found = site?.name ?? agent.plan.site
    return .object([
      ("id", .string("gid://remora/GeoNode/\(found)")), ("name", .string(found)),
      ("primary", .bool(site.map { $0.role == .primary } ?? (agent.role == .primary))),
      ("url", .text(isCurrent ? agent.plan.url : site?.status?.url)), ("enabled", .bool(true)),
      ("isCurrent", .bool(isCurrent)),
    ])
  }

  private static func node(_ agent: Agent, _ kinds: [GeoKind]) -> GraphQLType {
    let own: [GraphQLField] = [
      .init("id", "ID!", "What the site is known by."), .init("name", "String!", "Its name."),
      .init("primary", "Boolean!", "It is the primary."), .init("url", "String", "Where it is reached."),
      .init("enabled", "Boolean!", "It takes part."),
      .init("health", "String!", "healthy, unhealthy, or unknown where it has never reported.") { call in
        let sites = try await agent.sites().sites
        return .text(sites.first { $0.name == call.parent["name"]?.text }?.health.text)
      },
    ]
    let lists = kinds.map { kind in
      GraphQLField(
        kind.listField, "\(kind.type)Connection!",
        "Entries of the registry of '\(kind.name)'; a site answers only for its own, and a primary has none.",
        arguments: GeoPages.arguments, resolve: { call in try await GeoPages.page(of: kind, call, agent) },
        size: GeoPages.size)
    }
    return GraphQLType("GeoNode", "A site.", .object(own + lists, interfaces: []))
  }

  // MARK: Orders

  private static func mutation(_ agent: Agent, _ kinds: [GeoKind]) -> GraphQLType {
    GraphQLType(
      "Mutation", "What can be ordered, with an admin's token.",
      .object(
        [
          .init(
            "geoRegistriesUpdate", "GeoRegistriesUpdatePayload", "Does something to one entry.",
            arguments: [.init("input", "GeoRegistriesUpdateInput!", "What, and to which.")]
          ) { call in try await GeoMutations.update(call, kinds, agent) },
          .init(
            "geoRegistriesBulkUpdate", "GeoRegistriesBulkUpdatePayload", "Does something to many entries.",
            arguments: [.init("input", "GeoRegistriesBulkUpdateInput!", "What, and to which.")]
          ) { call in try await GeoMutations.bulkUpdate(call, kinds, agent) },
        ], interfaces: []))
  }

  private static func mutationTypes(_ kinds: [GeoKind]) -> [GraphQLType] {
    let mark = GraphQLInputValue("clientMutationId", "String", "Comes back with the answer.")
    let payload: [GraphQLField] = [
      .init("clientMutationId", "String", "As it came."), .init("errors", "[String!]!", "What went wrong."),
    ]
    return [
      words("GeoRegistryClass", "The registries of this site.", kinds.map(\.registryClass)),
      GraphQLType(
        "GeoRegistriesUpdateInput", "One entry.",
        .input([
          .init("registryId", "ID!", "The entry's id."), .init("action", "GeoRegistryAction!", "What to do."),
          .init("registryClass", "GeoRegistryClass", "Its registry, where the id is a number alone."), mark,
        ])),
      GraphQLType(
        "GeoRegistriesUpdatePayload", "What was done.",
        .object(payload + [.init("registry", "GeoRegistry", "The entry as it is now.")], interfaces: [])),
      GraphQLType(
        "GeoRegistriesBulkUpdateInput", "Many entries.",
        .input([
          .init("registryClass", "GeoRegistryClass!", "Their registry."),
          .init("action", "GeoRegistriesBulkAction!", "What to do."),
          .init("ids", "[ID!]", "Only these entries."),
          .init("replicationState", "ReplicationStateEnum", "Only those whose sync stands here."),
          .init("verificationState", "VerificationStateEnum", "Only those whose verification stands here."), mark,
        ])),
      GraphQLType(
        "GeoRegistriesBulkUpdatePayload", "What was done.",
        .object(
          payload + [
            .init("registryClass", "GeoRegistryClass", "The registry."), .init("count", "Int", "To how many."),
          ], interfaces: [])),
    ]
  }
}

/// The names that a kind has in the schema, after GitLab's rule: `lfs_object` gives `LfsObjectRegistry`,
/// `lfsObjectRegistries`.
struct GeoKind: Hashable, Sendable {
  let name: String

  init(_ name: String) { self.name = name }

  private var camel: String {
    name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  private var lowerCamel: String { camel.prefix(1).lowercased() + camel.dropFirst() }

  /// The type of its entries.
  var type: String { "\(camel)Registry" }
  /// The field that lists them.
  var listField: String { "\(lowerCamel)Registries" }
  /// The field of the replicable's id.
  var idField: String { "\(lowerCamel)Id" }
  /// Its value in the enumeration of registries.
  var registryClass: String { "\(name.uppercased())_REGISTRY" }

  /// Returns an entry's global id.
  func globalID(_ number: UInt64) -> String { "gid://remora/\(type)/\(number)" }

  /// Returns the entry's number; `nil` for an id of another type.
  func number(ofID id: String) -> UInt64? {
    let prefix = "gid://remora/\(type)/"
    return id.hasPrefix(prefix) ? UInt64(id.dropFirst(prefix.count)) : UInt64(id)
  }
}
