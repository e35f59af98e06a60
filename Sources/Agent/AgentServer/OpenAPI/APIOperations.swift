internal import Agent
internal import AgentAPI

/// Every operation of the API. A test compares this list with the routes.
enum APIOperations {
  private typealias Parameter = APIOperation.Parameter

  /// - Throws: errors of deriving a schema.
  static func all() throws -> [APIOperation] {
    try site + registry() + between() + graphQL
  }

  private static func json(_ type: any Decodable.Type) throws -> APIOperation.Answer {
    .json(try SchemaRecorder.schema(of: type))
  }

  private static func limit(_ most: UInt64, _ standard: Int) -> Parameter {
    Parameter(
      name: "limit", description: "How many at most; \(standard) unless given.",
      schema: .integer(minimum: 1, maximum: most))
  }

  private static func optional(_ name: String, _ description: String, _ schema: APISchema = .string) -> Parameter {
    Parameter(name: name, description: description, schema: schema)
  }

  /// The rules of `ReplicableID`, except its lengths in bytes.
  private static let replicableID = APISchema.pattern(
    #"^(?!/)(?!.*//)(?!.*/$)(?!(.*/)?\.{1,2}(/|$))(?!.*\.(git|lock)(/|$))(?!(.*/)?\.remora)[^\u0000-\u001f\u007f-\u009f]+$"#
  )
  /// The rule of `ReplicableName`.
  private static let replicableName = APISchema.pattern("^[a-z][a-z0-9]*(_[a-z0-9]+)*$", longest: 63)
  private static let oid = APISchema.pattern("^([0-9a-f]{40}|[0-9a-f]{64})$")
  private static let verificationStates = APISchema.word(VerificationWord.words)

  private static let id = Parameter(
    name: "id", description: "The replicable within its kind.", schema: replicableID, isRequired: true)

  // MARK: The site

  private static var site: [APIOperation] {
    get throws {
      let node = APISchema.map(.anything)
      return [
        .init(
          method: .get, path: "/healthz", summary: "The process is up.", role: .everybody, answer: .text("text/plain")),
        .init(
          method: .get, path: "/readyz",
          summary:
            "The site serves copies that were compared with the primary and are no further behind than ready.lag.",
          role: .everybody, answer: .text("text/plain")),
        .init(
          method: .get, path: "/metrics", summary: "Prometheus' text.", role: .readerOrLocalProcess,
          answer: .text("text/plain")),
        .init(
          method: .get, path: "/api/v1/openapi.json", summary: "This document.", role: .everybody,
          answer: .json(.map(.anything))),
        .init(
          method: .get, path: "/api/v1/status", summary: "The site at a glance.", role: .readerOrLocalProcess,
          answer: try json(StatusRow.self)),
        .init(
          method: .get, path: "/api/v1/sites", summary: "All sites that this one knows of.",
          role: .readerOrLocalProcess,
          answer: try json(SitesPage.self)),
        .init(
          method: .get, path: "/geo_nodes/status", summary: "The same under Geo's field names.",
          role: .readerOrLocalProcess, answer: .json(.array(node))),
        .init(
          method: .get, path: "/geo_nodes/{name}/status", summary: "One site under Geo's field names.",
          role: .readerOrLocalProcess, answer: .json(node)),
        .init(
          method: .get, path: "/api/v1/trends", summary: "The last day, by minutes.", role: .reader,
          answer: try json(TrendPage.self)),
        .init(
          method: .get, path: "/api/v1/stream",
          summary: "What happens, as it happens: server-sent events 'change', 'status', 'skipped' and 'reset'.",
          role: .reader,
          parameters: [
            Parameter(
              name: "Last-Event-ID", description: "Goes on behind this event, as far as it is remembered.",
              schema: .string, place: .header)
          ], answer: .text("text/event-stream"), takesCookie: true),
        .init(
          method: .get, path: "/api/v1/features", summary: "The feature flags.", role: .reader,
          answer: try json(FeaturePage.self)),
        .init(
          method: .post, path: "/api/v1/features", summary: "Sets a feature flag.", role: .admin,
          body: try SchemaRecorder.schema(of: FeatureRow.self), answer: try json(FeaturePage.self)),
        .init(
          method: .post, path: "/api/v1/promotion", summary: "Makes this secondary the primary.", role: .admin,
          body: try SchemaRecorder.schema(of: PromotionOrder.self), answer: try json(PromotionRow.self)),
        .init(
          method: .get, path: "/api/v1/epoch", summary: "The site's epoch and where it comes from.", role: .reader,
          answer: try json(EpochRow.self)),
        .init(
          method: .post, path: "/api/v1/epoch", summary: "Sets the site's epoch.", role: .admin,
          body: try SchemaRecorder.schema(of: EpochOrder.self).with([
            "epoch": .integer(minimum: 0, maximum: EpochRange.highestToSet)
          ]), answer: try json(EpochRow.self)),
      ]
    }
  }

  // MARK: Registries

  private static func registry() throws -> [APIOperation] {
    let kind = "/api/v1/kinds/{kind}"
    return [
      .init(
        method: .get, path: "\(kind)/registry",
        summary:
          "Entries of a secondary, or states of a primary: one, a walk in the order of ids, or with 'sort' or 'before' a list.",
        role: .reader,
        parameters: [
          optional("id", "Only this replicable.", replicableID),
          optional(
            "state",
            "Only those whose sync, on a primary whose checksum, stands here; 409 for one that it cannot have.",
            .word(["pending", "started", "synced", "failed", "succeeded", "disabled"])),
          optional("verification_state", "Only those whose verification stands here.", verificationStates),
          optional("prefix", "Only those whose ids begin so."),
          optional(
            "sort", "The order of a list; of a primary's states only 'id_asc', by the ids' text.",
            .word(RegistryListing.sorts)),
          optional("after", "Behind this place: what a page said was 'next'.", replicableID),
          optional("before", "Before this place: what a page said was 'previous'; of a list.", replicableID),
          limit(10_000, 1_000),
        ], answer: try json(RegistryPage.self)),
      .init(
        method: .post, path: "\(kind)/registry/actions", summary: "Asks for syncs, downloads, verifications or checks.",
        role: .admin,
        body: try SchemaRecorder.schema(of: RegistryAction.self).with([
          "action": .word(RegistryOrder.words), "ids": .array(replicableID),
          "state": .word(UnfinishedWord.words),
        ]), answer: try json(ActionAnswer.self)),
      .init(
        method: .get, path: "\(kind)/explanation", summary: "Why one replicable is as it is.", role: .reader,
        parameters: [id], answer: try json(ExplanationRow.self)),
      .init(
        method: .get, path: "\(kind)/transitions", summary: "What happened to one replicable lately.", role: .reader,
        parameters: [id, limit(1_000, 50)], answer: try json(TransitionPage.self)),
      .init(
        method: .get, path: "\(kind)/history", summary: "What happened to the refs of a copy.", role: .reader,
        parameters: [id, limit(10_000, 100)], answer: try json(HistoryPage.self)),
      .init(
        method: .get, path: "\(kind)/trash", summary: "What lies in the trash.", role: .reader,
        answer: try json(TrashPage.self)),
      .init(
        method: .post, path: "\(kind)/trash", summary: "Restores a copy, or empties the trash.", role: .admin,
        body: try SchemaRecorder.schema(of: TrashAction.self).with(["action": .word(TrashOrder.words)]),
        answer: try json(ActionAnswer.self)),
      .init(
        method: .post, path: "\(kind)/removals", summary: "Lets removals go on that wait for a confirmation.",
        role: .admin, answer: try json(ActionAnswer.self)),
    ]
  }

  // MARK: Between sites

  private static func between() throws -> [APIOperation] {
    let kind = "/api/v1/kinds/{kind}"
    let incarnation = optional(
      "incarnation", "Which one is meant: 16 hexadecimal digits.", .pattern("^[0-9a-f]{16}$"))
    return [
      .init(
        method: .get, path: "/api/v1/events", summary: "The event feed of a primary.", role: .siteOrReader,
        parameters: [
          optional(
            "after", "A cursor, LOG:ID:CHAIN; from the oldest event that is kept unless given.",
            .pattern("^[0-9a-f]{16}:(0|[1-9][0-9]{0,18}):[0-9a-f]{16}$")),
          limit(10_000, 1_000),
          optional("wait", "Seconds to wait for a first event.", .integer(minimum: 0, maximum: 60)),
        ], answer: try json(EventPage.self)),
      .init(
        method: .post, path: "/api/v1/events", summary: "Takes in what a Git host says happened.", role: .admin,
        body: try SchemaRecorder.schema(of: EventNotice.self).with([
          "event": .word(["push", "update", "destroy"]), "id": replicableID, "replicable_name": replicableName,
          "changes": .array(try SchemaRecorder.schema(of: RefMoveRow.self).with(["old": oid, "new": oid])),
        ]), answer: .nothing),
      .init(
        method: .get, path: "\(kind)/catalog", summary: "A part of a primary's catalog.", role: .siteOrReader,
        parameters: [optional("after", "Behind this id.", replicableID), limit(10_000, 1_000)],
        answer: try json(CatalogPageRow.self)),
      .init(
        method: .get, path: "\(kind)/standing", summary: "How one replicable stands on the primary's disk.",
        role: .siteOrReader,
        parameters: [
          id, incarnation,
          optional(
            "marks",
            "With an incarnation: at most 64 object ids with commas between them; the answer says whether it has all.",
            .pattern("^[0-9a-f,]*$")),
        ],
        answer: try json(ReplicableStatusRow.self)),
      .init(
        method: .get, path: "\(kind)/listing",
        summary: "One replicable's content, listed afresh; 409 for another incarnation than the one that is meant.",
        role: .siteOrReader, parameters: [id, incarnation], answer: .text("text/plain")),
      .init(
        method: .post, path: "/api/v1/sites/report", summary: "A secondary tells how it stands.", role: .site,
        body: try SchemaRecorder.schema(of: StatusRow.self), answer: .nothing),
      .init(
        method: .get, path: "/api/v1/fence", summary: "Whether this primary was replaced.", role: .siteOrReader,
        answer: try json(FenceRow.self)),
      .init(
        method: .post, path: "/api/v1/fence", summary: "Replaces this primary.", role: .site,
        body: try SchemaRecorder.schema(of: FenceOrder.self), answer: try json(FenceRow.self)),
    ]
  }

  /// The schema of GraphQL's answers, also to an invalid body.
  static let graphQLResponse = "GraphQLResponse"

  private static var graphQL: [APIOperation] {
    let request = APISchema.object(
      name: "GraphQLRequest",
      fields: [
        .init(name: "query", schema: .string, isRequired: true),
        .init(name: "operationName", schema: .nullable(.string), isRequired: false),
        .init(name: "variables", schema: .nullable(.map(.anything)), isRequired: false),
      ])
    let place = APISchema.object(
      name: "GraphQLLocation",
      fields: [
        .init(name: "line", schema: .integer(minimum: 1, maximum: .max), isRequired: true),
        .init(name: "column", schema: .integer(minimum: 1, maximum: .max), isRequired: true),
      ])
    let error = APISchema.object(
      name: "GraphQLError",
      fields: [
        .init(name: "message", schema: .string, isRequired: true),
        .init(name: "locations", schema: .array(place), isRequired: false),
        .init(name: "path", schema: .array(.anything), isRequired: false),
        .init(name: "extensions", schema: .map(.anything), isRequired: false),
      ])
    let response = APISchema.object(
      name: graphQLResponse,
      fields: [
        .init(name: "data", schema: .nullable(.map(.anything)), isRequired: false),
        .init(name: "errors", schema: .array(error), isRequired: false),
      ])
    return [
      .init(
        method: .post, path: "/graphql", summary: "GraphQL; what is wrong with a question is in the answer's 'errors'.",
        role: .reader, body: request, answer: .json(response)),
      .init(
        method: .get, path: "/graphql/schema", summary: "The GraphQL schema in its definition language.", role: .reader,
        answer: .text("text/plain")),
    ]
  }
}
