extension AgentOperation {
  /// Every operation of the agent. The start fails if a route is not declared here, or an operation has no route.
  package static let all = site + registry + between + graphQL + content + page

  private static func json(_ type: any (Decodable & SendableMetatype).Type) -> Answer { .json(.type(type)) }

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

  private static var site: [AgentOperation] {
    let node = APISchema.map(.anything)
    return [
      .init(
        .get, .health, .everybody,
        .init(summary: "The process is up.", answer: .text("text/plain"))),
      .init(
        .get, .readiness, .everybody,
        .init(
          summary:
            "The site serves copies that were compared with the primary and are no further behind than ready.lag.",
          answer: .text("text/plain"))),
      .init(
        .get, .metrics, .readerOrLocalProcess,
        .init(summary: "Prometheus' text.", answer: .text("text/plain"))),
      .init(
        .get, .document, .everybody,
        .init(summary: "This document.", answer: .json(.map(.anything)))),
      .init(
        .get, .status, .readerOrLocalProcess,
        .init(summary: "The site at a glance.", answer: json(StatusRow.self))),
      .init(
        .get, .sites, .readerOrLocalProcess,
        .init(summary: "All sites that this one knows of.", answer: json(SitesPage.self))),
      .init(
        .get, .nodeStatus, .readerOrLocalProcess,
        .init(summary: "The same under Geo's field names.", answer: .json(.array(node)))),
      .init(
        .get, .nodeStatusOfSite, .readerOrLocalProcess,
        .init(summary: "One site under Geo's field names.", answer: .json(node))),
      .init(
        .get, .trends, .reader,
        .init(summary: "The last day, by minutes.", answer: json(TrendPage.self))),
      .init(
        .get, .stream, .reader, takesCookie: true,
        .init(
          summary: "What happens, as it happens: server-sent events 'change', 'status', 'skipped' and 'reset'.",
          parameters: [
            Parameter(
              name: "Last-Event-ID", description: "Goes on behind this event, as far as it is remembered.",
              schema: .string, place: .header)
          ], answer: .text("text/event-stream"))),
      .init(
        .get, .features, .reader,
        .init(summary: "The feature flags.", answer: json(FeaturePage.self))),
      .init(
        .post, .features, .admin,
        .init(summary: "Sets a feature flag.", body: .type(FeatureRow.self), answer: json(FeaturePage.self))),
      .init(
        .post, .promotion, .admin,
        .init(
          summary: "Makes this secondary the primary.", body: .type(PromotionOrder.self),
          answer: json(PromotionRow.self))),
      .init(
        .get, .epoch, .reader,
        .init(summary: "The site's epoch and where it comes from.", answer: json(EpochRow.self))),
      .init(
        .post, .epoch, .admin,
        .init(
          summary: "Sets the site's epoch.",
          body: .type(
            EpochOrder.self,
            with: [
              "epoch": .integer(minimum: 0, maximum: EpochOrder.highest)
            ]), answer: json(EpochRow.self))),
    ]
  }

  // MARK: Registries

  private static var registry: [AgentOperation] {
    [
      .init(
        .get, .registry, .reader,
        .init(
          summary:
            "Entries of a secondary, or states of a primary: one, a walk in the order of ids, or with 'sort' or 'before' a list.",
          parameters: [
            optional("id", "Only this replicable.", replicableID),
            optional(
              "state",
              "Only those whose sync, on a primary whose checksum, stands here; 409 for one that it cannot have.",
              .word(SyncWord.words + VerificationWord.words.filter { !SyncWord.words.contains($0) })),
            optional("verification_state", "Only those whose verification stands here.", verificationStates),
            optional("prefix", "Only those whose ids begin so."),
            optional(
              "sort", "The order of a list; of a primary's states only 'id_asc', by the ids' text.",
              .word(RegistrySort.words)),
            optional("after", "Behind this place: what a page said was 'next'.", replicableID),
            optional("before", "Before this place: what a page said was 'previous'; of a list.", replicableID),
            limit(10_000, 1_000),
          ], answer: json(RegistryPage.self))),
      .init(
        .post, .registryActions, .admin,
        .init(
          summary: "Asks for syncs, downloads, verifications or checks.",
          body: .type(
            RegistryAction.self,
            with: [
              "action": .word(RegistryOrder.words), "ids": .array(replicableID),
              "state": .word(UnfinishedWord.words),
            ]), answer: json(ActionAnswer.self))),
      .init(
        .get, .explanation, .reader,
        .init(summary: "Why one replicable is as it is.", parameters: [id], answer: json(ExplanationRow.self))),
      .init(
        .get, .transitions, .reader,
        .init(
          summary: "What happened to one replicable lately.", parameters: [id, limit(1_000, 50)],
          answer: json(TransitionPage.self))),
      .init(
        .get, .history, .reader,
        .init(
          summary: "What happened to the refs of a copy.", parameters: [id, limit(10_000, 100)],
          answer: json(HistoryPage.self))),
      .init(
        .get, .trash, .reader,
        .init(summary: "What lies in the trash.", answer: json(TrashPage.self))),
      .init(
        .post, .trash, .admin,
        .init(
          summary: "Restores a copy, or empties the trash.",
          body: .type(TrashAction.self, with: ["action": .word(TrashOrder.words)]),
          answer: json(ActionAnswer.self))),
      .init(
        .post, .removals, .admin,
        .init(summary: "Lets removals go on that wait for a confirmation.", answer: json(ActionAnswer.self))),
    ]
  }

  // MARK: Between sites

  private static var between: [AgentOperation] {
    let incarnation = optional(
      "incarnation", "Which one is meant: 16 hexadecimal digits.", .pattern("^[0-9a-f]{16}$"))
    return [
      .init(
        .get, .events, .siteOrReader,
        .init(
          summary: "The event feed of a primary.",
          parameters: [
            optional(
              "after", "A cursor, LOG:ID:CHAIN; from the oldest event that is kept unless given.",
              .pattern("^[0-9a-f]{16}:(0|[1-9][0-9]{0,18}):[0-9a-f]{16}$")),
            limit(10_000, 1_000),
            optional("wait", "Seconds to wait for a first event.", .integer(minimum: 0, maximum: 60)),
          ], answer: json(EventPage.self))),
      .init(
        .post, .events, .admin,
        .init(
          summary: "Takes in what a Git host says happened.",
          body: .type(
            EventNotice.self,
            with: [
              "event": .word(EventWord.words), "id": replicableID, "replicable_name": replicableName,
              "changes": .array(.type(RefMoveRow.self, with: ["old": oid, "new": oid])),
            ]), answer: .nothing)),
      .init(
        .get, .catalog, .siteOrReader,
        .init(
          summary: "A part of a primary's catalog.",
          parameters: [optional("after", "Behind this id.", replicableID), limit(10_000, 1_000)],
          answer: json(CatalogPageRow.self))),
      .init(
        .get, .standing, .siteOrReader,
        .init(
          summary: "How one replicable stands on the primary's disk.",
          parameters: [
            id, incarnation,
            optional(
              "marks",
              "With an incarnation: at most 64 object ids with commas between them; the answer says whether it has all.",
              .pattern("^[0-9a-f,]*$")),
          ],
          answer: json(ReplicableStatusRow.self))),
      .init(
        .get, .listing, .siteOrReader,
        .init(
          summary: "One replicable's content, listed afresh; 409 for another incarnation than the one that is meant.",
          parameters: [id, incarnation], answer: .text("text/plain"))),
      .init(
        .post, .siteReport, .site,
        .init(summary: "A secondary reports its status.", body: .type(StatusRow.self), answer: .nothing)),
      .init(
        .get, .fence, .siteOrReader,
        .init(summary: "Whether this primary was replaced.", answer: json(FenceRow.self))),
      .init(
        .post, .fence, .site,
        .init(summary: "Replaces this primary.", body: .type(FenceOrder.self), answer: json(FenceRow.self))),
    ]
  }

  /// The schema of GraphQL's answers, also to an invalid body.
  package static let graphQLResponse = "GraphQLResponse"

  private static var graphQL: [AgentOperation] {
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
        .post, .graphQL, .reader,
        .init(
          summary: "GraphQL; what is wrong with a question is in the answer's 'errors'.", body: request,
          answer: .json(response))),
      .init(
        .get, .graphQLSchema, .reader,
        .init(summary: "The GraphQL schema in its definition language.", answer: .text("text/plain"))),
    ]
  }

  // MARK: Outside of the document

  private static var content: [AgentOperation] {
    [
      .init(.content, .get, .git, .siteOrReader), .init(.content, .post, .git, .siteOrReader, body: .git),
      .init(.content, .get, .blobs, .siteOrReader), .init(.delivery, .post, .webhook, .signature, body: .delivery),
    ]
  }

  private static var page: [AgentOperation] {
    let assets: [AgentPath] = [.pageStyle, .pageScript, .signIn]
    let screens: [AgentPath] = [
      .page, .kindPage, .entryPage, .confirmPage, .trashPage, .eventsPage, .featuresPage,
    ]
    let forms: [AgentPath] = [.signOut, .actionsForm, .trashPage, .removalsForm, .featuresPage]
    return assets.map { .init(.page, .get, $0, .everybody) }
      + screens.map { .init(.page, .get, $0, .page, takesCookie: true) }
      + [.init(.page, .post, .signIn, .everybody, body: .form)]
      + forms.map { .init(.page, .post, $0, .form, body: .form, takesCookie: true) }
  }
}
