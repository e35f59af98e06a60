import AgentAPI
import AgentClient
import BoundedHTTP
import Foundation
import TestSupport
import Testing

/// What Prometheus and Grafana are given, judged by Prometheus itself.
@Suite(.serialized) struct MonitoringTests {
  private static func repositories(_ fixture: AgentPairFixture) throws {
    var builder = RepositoryBuilder()
    builder.ref("refs/heads/main", at: builder.commit(["a": "one"]))
    for id in ["one", "two"] { _ = try builder.build(at: fixture.source(id)) }
  }

  private static func metrics(_ client: AgentClient) async throws -> [UInt8] {
    try await client.bytes(AgentRoute.metrics).body
  }

  /// Type by name, of what a page of metrics shows.
  private static func types(_ page: [UInt8]) -> [String: String] {
    var types: [String: String] = [:]
    for line in String(decoding: page, as: UTF8.self).split(separator: "\n") where line.hasPrefix("# TYPE ") {
      let words = line.split(separator: " ")
      types[String(words[2])] = String(words[3])
    }
    return types
  }

  /// Type by name, of each metric that the article lists.
  private static func told() throws -> [String: String] {
    let article = try PackageFiles.text("Sources/Agent/AgentServer/AgentServer.docc/Metrics.md")
    var types: [String: String] = [:]
    for line in article.split(separator: "\n") where line.hasPrefix("| `remora_") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: CharacterSet.whitespaces) }
      types[cells[0].replacing("`", with: "")] = cells[1]
    }
    return types
  }

  @Test func `both pages of metrics please promtool, and the article tells each name`() async throws {
    try await withTemporaryDirectory("metrics") { directory in
      let fixture = try AgentPairFixture(directory)
      try Self.repositories(fixture)
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 2)
        try await pair.until("the primary shows the secondary's numbers", within: .seconds(180)) {
          try await pair.metric("geo_project_repositories_synced{", of: \.primary) == 2
        }
        let told = try Self.told()
        var seen: [String: String] = [:]
        for client in [pair.primary, pair.secondary] {
          let page = try await Self.metrics(client)
          let judged = try await ChildProcess("promtool", ["check", "metrics"], input: .bytes(page)).outcome()
          #expect(judged.isSuccess, "\(judged.text) \(judged.errorText)")
          #expect(judged.errorText.isEmpty, "\(judged.errorText)")
          seen.merge(Self.types(page)) { first, _ in first }
        }
        for (name, type) in seen where name.hasPrefix("remora_") { #expect(told[name] == type, "\(name)") }
        // What this pair has no occasion to count.
        let rare: Set = [
          "remora_housekeeping_seconds", "remora_object_check_seconds", "remora_failures_total", "remora_polls_total",
          "remora_webhooks_total", "remora_http_connections_refused_total",
        ]
        for name in told.keys where !rare.contains(name) { #expect(seen[name] != nil, "\(name)") }
        // Geo's names, with the labels of Geo's.
        let page = String(decoding: try await Self.metrics(pair.primary), as: UTF8.self)
        #expect(page.contains("geo_project_repositories_checksummed{name=\"main\",url=\"\"} 2"))
        #expect(page.contains("geo_project_repositories_verified{name=\"berlin\",url=\"\"} 2"))
        #expect(!page.contains("geo_project_repositories_verified{name=\"main\""))
      }
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `a real Prometheus scrapes both sites, takes the rules, and answers every query of the dashboard`()
    async throws
  {
    try await withTemporaryDirectory("prometheus") { directory in
      let fixture = try AgentPairFixture(directory)
      try Self.repositories(fixture)
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      let rules = try await fixture.remora(["config", "example", "alerts"], at: fixture.primaryConfiguration).text
      try directory.write(rules, to: "remora.rules.yml")
      let checked = try await ChildProcess("promtool", ["check", "rules", directory.path("remora.rules.yml")]).outcome()
      #expect(checked.isSuccess && checked.text.contains("11 rules found"), "\(checked.text) \(checked.errorText)")
      let prometheus = try Self.prometheus(fixture)
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 2)
        let http = BoundedHTTPClient()
        let client = AgentClient(.url("http://127.0.0.1:\(prometheus.port)"), http: http)
        try await pair.until("both sites were scraped") {
          try await Self.values(of: "sum(up)", client) == ["2"]
        }
        try await pair.until("the lag query is answered") {
          try await Self.values(of: "max(remora_oldest_unsynced_seconds)", client) == ["0"]
        }
        #expect(try await Self.values(of: "sum(remora_healthy)", client) == ["2"])
        let dashboard = try await fixture.remora(["config", "example", "grafana"], at: fixture.primaryConfiguration)
          .output
        let queries = try Self.queries(Data(dashboard))
        #expect(queries.count > 12)
        for query in queries {
          // What Grafana puts in.
          let filled = query.replacing("$instance", with: ".*").replacing("$__rate_interval", with: "1m")
          _ = try await Self.values(of: filled, client)
        }
        await http.shutdown()
      }
      withExtendedLifetime((agents, prometheus)) {}
    }
  }

  private static func prometheus(_ fixture: AgentPairFixture) throws -> (process: ChildProcess, port: UInt16) {
    let port = try ClosedPort().port
    try fixture.directory.write(
      """
      global: { scrape_interval: 1s, scrape_timeout: 1s }
      rule_files: [ remora.rules.yml ]
      scrape_configs:
        - job_name: remora
          static_configs: [ { targets: [ "127.0.0.1:\(fixture.port)", "127.0.0.1:\(fixture.secondaryPort)" ] } ]

      """, to: "prometheus.yml")
    let process = try ChildProcess(
      "prometheus",
      [
        "--config.file=\(fixture.directory.path("prometheus.yml"))",
        "--storage.tsdb.path=\(fixture.directory.path("tsdb"))",
        "--web.listen-address=127.0.0.1:\(port)",
      ])
    return (process, port)
  }

  /// Returns the values of an instant query's answer.
  private static func values(of query: String, _ client: AgentClient) async throws -> [String] {
    struct Answer: Decodable {
      struct Body: Decodable {
        struct Series: Decodable {
          let value: [Value]
        }
        let result: [Series]
      }
      enum Value: Decodable {
        case time(Double)
        case text(String)
        init(from decoder: any Decoder) throws {
          let container = try decoder.singleValueContainer()
          if let time = try? container.decode(Double.self) {
            self = .time(time)
          } else {
            self = .text(try container.decode(String.self))
          }
        }
      }
      let status: String
      let data: Body
    }
    let answer = try await client.get(AgentRoute.path("/api/v1/query", [("query", query)]), as: Answer.self)
    #expect(answer.status == "success")
    return answer.data.result.compactMap { series in
      if case .text(let text)? = series.value.last { text } else { nil }
    }
  }

  private static func queries(_ dashboard: Data) throws -> [String] {
    struct Dashboard: Decodable {
      struct Panel: Decodable {
        struct Target: Decodable {
          let expr: String
        }
        let targets: [Target]
      }
      let panels: [Panel]
    }
    return try JSONDecoder().decode(Dashboard.self, from: dashboard).panels.flatMap { $0.targets.map(\.expr) }
  }
}
