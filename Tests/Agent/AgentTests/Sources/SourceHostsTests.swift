import Replication
import Scheduling
import Testing

@testable import Agent

@Suite("Whose failure a failure is")
struct SourceHostsTests {
  private static func key(_ id: String) throws -> JobKey {
    JobKey(name: ReplicableName("project"), id: try ReplicableID(id))
  }

  private static func hosts() -> SourceHosts {
    SourceHosts(environment: SiteEnvironment(now: { Timestamp(milliseconds: 1_795_000_000_000) }, random: { 0 })) { _ in
    }
  }

  private static func error(
    _ code: String, _ disposition: StrategyError.Disposition = .host, retryAfter: Duration? = nil
  ) -> StrategyError {
    StrategyError(.init(rawValue: code), "list 'x': \(code)", disposition: disposition, retryAfter: retryAfter)
  }

  private static let host = "https://git.example.org"

  @Test(
    "what only a host can fail by pauses it at once, and no other",
    arguments: ["connection_refused", "dns_failed", "source_unreachable", "tls_failed", "rate_limited"])
  func ofTheHost(code: String) throws {
    let hosts = Self.hosts()
    hosts.succeeded(Self.host, for: try Self.key("other"))
    #expect(hosts.attribute(Self.error(code), of: try Self.key("a"), at: Self.host).disposition == .host)
    #expect(hosts.isPaused(Self.host) && !hosts.isPaused("https://else.example.org"))
    #expect(hosts.failures.map(\.host) == [Self.host])
    #expect(!hosts.start([(Self.host, 0)]))
    #expect(hosts.start([("https://else.example.org", 0)]))
  }

  @Test(
    "a refusal is of the one repository while the host answers for others",
    arguments: ["authentication_failed", "source_access_denied", "server_error", "redirect_refused"])
  func ofOne(code: String) throws {
    let hosts = Self.hosts()
    hosts.succeeded(Self.host, for: try Self.key("other"))
    for _ in 0..<10 {
      #expect(hosts.attribute(Self.error(code), of: try Self.key("a"), at: Self.host).disposition == .replicable)
    }
    #expect(hosts.failures.isEmpty)
  }

  @Test("a refusal that meets every repository is the host's, and touches none of them")
  func ofAll() throws {
    let hosts = Self.hosts()
    for id in ["a", "b", "c", "d", "a", "b", "c", "d"] {
      let error = hosts.attribute(Self.error("authentication_failed"), of: try Self.key(id), at: Self.host)
      #expect(error.disposition == .host, "\(id)")
    }
    #expect(hosts.failures.count == 1)
  }

  @Test("a host that answered a moment ago and then refuses one after another is what fails")
  func suddenly() throws {
    let hosts = Self.hosts()
    hosts.succeeded(Self.host, for: try Self.key("z"))
    let found = try ["a", "b", "c", "d"].map { id in
      hosts.attribute(Self.error("connection_lost", .connection), of: try Self.key(id), at: Self.host).disposition
    }
    #expect(found == [.connection, .connection, .host, .host])
    hosts.succeeded(Self.host, for: try Self.key("z"))
    let after = hosts.attribute(Self.error("server_error"), of: try Self.key("a"), at: Self.host)
    #expect(after.disposition == .replicable)
  }

  @Test("of a host with one repository that refuses it, the third refusal is the repository's")
  func alone() throws {
    let hosts = Self.hosts()
    let found = try (0..<4).map { _ in
      hosts.attribute(Self.error("source_access_denied"), of: try Self.key("a"), at: Self.host).disposition
    }
    #expect(found == [.host, .host, .replicable, .replicable])
  }

  @Test("silences of three repositories without an answer in between are the host's; with one they are theirs")
  func silence() throws {
    let (dead, alive) = (Self.hosts(), Self.hosts())
    alive.succeeded(Self.host, for: try Self.key("z"))
    for (index, id) in ["a", "b", "c"].enumerated() {
      let error = dead.attribute(Self.error("timeout", .connection), of: try Self.key(id), at: Self.host)
      #expect(error.disposition == (index < 2 ? .connection : .host))
      let other = alive.attribute(Self.error("timeout", .connection), of: try Self.key(id), at: Self.host)
      #expect(other.disposition == .connection)
    }
    #expect(dead.isPaused(Self.host) && !alive.isPaused(Self.host))
  }

  @Test("this machine's failures, cancelled jobs and refused roots are no host's")
  func ofNoHost() throws {
    let hosts = Self.hosts()
    for code in ["disk_full", "cancelled", "root_refused", "out_of_resources", "file_system"] {
      #expect(hosts.attribute(Self.error(code), of: try Self.key("a"), at: Self.host).disposition == .host)
    }
    for code in ["destination_damaged", "occupied", "broken", "missing_on_primary"] {
      let error = hosts.attribute(Self.error(code, .replicable), of: try Self.key("a"), at: Self.host)
      #expect(error.disposition == .replicable)
    }
    #expect(hosts.failures.isEmpty)
  }

  @Test("Retry-After is obeyed to its end, and across a restart")
  func retryAfter() throws {
    let hosts = Self.hosts()
    _ = hosts.attribute(
      Self.error("rate_limited", retryAfter: .seconds(3_600)), of: try Self.key("a"), at: Self.host)
    let failure = try #require(hosts.failure(of: Self.host))
    let wait = try #require(failure.retryAt) - Timestamp(milliseconds: 1_795_000_000_000)
    #expect(wait > .seconds(3_590) && wait < .seconds(3_610) && failure.hasRetryAfter)
    #expect(hosts.withTable { $0.answeredElsewhere(Self.host, at: .now) })
    #expect(hosts.isPaused(Self.host), "an answer to another request is no reason to ask before the time")
    let record = SourceRecord(hosts.failures, [])
    let next = Self.hosts()
    next.restore(record.hostFailures)
    #expect(next.isPaused(Self.host) && next.failure(of: Self.host)?.since == failure.since)
  }

  @Test("the next process keeps that a host was away, and not this machine's own failures")
  func restart() throws {
    let hosts = Self.hosts()
    let now = Moment(instant: .now, time: Timestamp(milliseconds: 1_795_000_000_000), jitter: 0)
    hosts.withTable { table in
      _ = table.failed(Self.host, "connection refused", at: now)
      _ = table.failed(SourceHost.machine, "no space", at: now)
    }
    let next = Self.hosts()
    next.restore(SourceRecord(hosts.failures, []).hostFailures)
    #expect(next.failures.map(\.host) == [Self.host])
  }

  @Test(
    "a host's name has neither path nor login",
    arguments: [
      ("https://User:secret@Git.Example.org/a/b.git", "https://git.example.org"),
      ("http://127.0.0.1:81/a.git", "http://127.0.0.1:81"), ("git@host:a.git", "ssh://host"),
      ("git://[::1]:9418/a.git", "git://[::1]:9418"), ("/srv/git/a.git", "file://"), ("", "file://"),
    ])
  func names(location: String, name: String) { #expect(SourceHost.name(of: location) == name) }
}
