/// The paths of the agent's routes. A part in braces stands for any one part, `**` at the end for one or more.
package enum AgentPath: String, CaseIterable, Sendable {
  // MARK: The site

  /// The process is up.
  case health = "/healthz"
  /// The site's copies were compared with the primary and are no further behind than `ready.lag`; 503 otherwise.
  case readiness = "/readyz"
  /// Prometheus' text.
  case metrics = "/metrics"
  /// The OpenAPI document.
  case document = "/api/v1/openapi.json"
  /// Everything about the site at a glance.
  case status = "/api/v1/status"
  /// All sites of this site's configuration and reports.
  case sites = "/api/v1/sites"
  /// All sites under Geo's field names.
  case nodeStatus = "/geo_nodes/status"
  /// One site under Geo's field names.
  case nodeStatusOfSite = "/geo_nodes/{name}/status"
  /// The last day, by minutes.
  case trends = "/api/v1/trends"
  /// Server-sent events.
  case stream = "/api/v1/stream"
  /// Feature flags.
  case features = "/api/v1/features"
  /// Makes a secondary the primary.
  case promotion = "/api/v1/promotion"
  /// A site's epoch; `POST` sets it.
  case epoch = "/api/v1/epoch"

  // MARK: A kind

  /// A secondary's registry of one kind, or a primary's states.
  case registry = "/api/v1/kinds/{kind}/registry"
  /// Requests syncs, verifications or checks of one or of many.
  case registryActions = "/api/v1/kinds/{kind}/registry/actions"
  /// Why one replicable is in its state.
  case explanation = "/api/v1/kinds/{kind}/explanation"
  /// The recent transitions of one replicable.
  case transitions = "/api/v1/kinds/{kind}/transitions"
  /// The ref changes of a copy.
  case history = "/api/v1/kinds/{kind}/history"
  /// The trash of a kind.
  case trash = "/api/v1/kinds/{kind}/trash"
  /// Confirms the removals that wait.
  case removals = "/api/v1/kinds/{kind}/removals"

  // MARK: Between sites

  /// Events: `POST` takes one in, `GET` is the feed.
  case events = "/api/v1/events"
  /// A primary's catalog of one kind.
  case catalog = "/api/v1/kinds/{kind}/catalog"
  /// The state of one replicable on the primary's disk.
  case standing = "/api/v1/kinds/{kind}/standing"
  /// One replicable's content, read from disk.
  case listing = "/api/v1/kinds/{kind}/listing"
  /// A secondary reports its status to its primary.
  case siteReport = "/api/v1/sites/report"
  /// A primary's epoch and last event; `POST` replaces the primary.
  case fence = "/api/v1/fence"

  // MARK: GraphQL, content, deliveries

  /// GraphQL.
  case graphQL = "/graphql"
  /// The GraphQL schema in its definition language.
  case graphQLSchema = "/graphql/schema"
  /// Repositories, for git.
  case git = "/git/**"
  /// The bytes of files.
  case blobs = "/blobs/**"
  /// Deliveries of forges.
  case webhook = "/webhooks/{kind}"

  // MARK: The page

  case pageStyle = "/assets/page.css"
  case pageScript = "/assets/page.js"
  case signIn = "/sign-in"
  case signOut = "/sign-out"
  /// The first screen.
  case page = "/"
  case eventsPage = "/events"
  case featuresPage = "/features"
  /// The list of a kind.
  case kindPage = "/kinds/{kind}"
  case entryPage = "/kinds/{kind}/entry"
  case confirmPage = "/kinds/{kind}/confirm"
  case trashPage = "/kinds/{kind}/trash"
  case actionsForm = "/kinds/{kind}/actions"
  case removalsForm = "/kinds/{kind}/removals"
}

extension AgentPath {
  /// The names of the variable parts.
  package var variables: [String] {
    Self.parts(of: rawValue)?.filter(Self.isVariable).map { String($0.dropFirst().dropLast()) } ?? []
  }

  /// Returns the path with a value, percent-encoded, in place of its variable part.
  package func of(_ value: String) -> String {
    guard let start = rawValue.firstIndex(of: "{"), let end = rawValue.firstIndex(of: "}") else { return rawValue }
    return rawValue[..<start] + AgentRoute.encoded(value) + rawValue[rawValue.index(after: end)...]
  }

  /// What is before `**`, or the whole path.
  var fixed: String { rawValue.hasSuffix("**") ? String(rawValue.dropLast(2)) : rawValue }

  /// Returns the parts between the slashes; none for `/`.
  ///
  /// - Returns: `nil` for a path that does not begin with a slash or that has an empty part: different parsers may
  ///   resolve such a path to different routes.
  package static func parts(of path: some StringProtocol) -> [Substring]? {
    guard path.hasPrefix("/") else { return nil }
    guard path != "/" else { return [] }
    let parts = Substring(path).dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    return parts.contains(where: \.isEmpty) ? nil : parts
  }

  private static func isVariable(_ part: Substring) -> Bool { part.hasPrefix("{") }

  /// Whether the parts of a path, as it was requested, fit those of a declared path.
  static func matches(_ wanted: [Substring], _ given: [Substring]) -> Bool {
    func fit(_ wanted: Substring, _ given: Substring) -> Bool { isVariable(wanted) || wanted == given }
    if wanted.last == "**" {
      let fixed = wanted.dropLast()
      return given.count > fixed.count && zip(fixed, given).allSatisfy(fit)
    }
    return wanted.count == given.count && zip(wanted, given).allSatisfy(fit)
  }

  private static let split = allCases.map { (path: $0, parts: parts(of: $0.rawValue) ?? []) }

  /// Finds the path that a request is for; one without a variable part has precedence.
  init?(matching given: [Substring]) {
    let fitting = Self.split.filter { Self.matches($0.parts, given) }
    guard let found = fitting.first(where: { $0.path.variables.isEmpty }) ?? fitting.first else { return nil }
    self = found.path
  }
}
