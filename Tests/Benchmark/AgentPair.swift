import AgentAPI
import AgentClient
import BoundedHTTP
import Foundation
import Synchronization
import TestSupport

/// Two agents that a case measures, as processes of their own.
final class AgentPair {
  /// What a process has taken so far.
  struct Cost {
    let seconds: Double
    let megabytes: Double
  }

  struct Questions: Sendable {
    let primary: AgentClient
    let secondary: AgentClient
  }

  let fixture: AgentPairFixture
  let pushes = 500
  /// A commit that every repository of the fleet holds.
  private(set) var tip = ""
  private var primary: ChildProcess?
  private var secondary: ChildProcess?
  static let repositories = "project_repository"
  static let files = "release_asset"

  /// - Parameter isCalm: with the default intervals, and not those of tests.
  init(_ arena: Arena, isCalm: Bool = true) throws {
    let directory = try TemporaryDirectory("pair")
    var settings = AgentPairFixture.Settings()
    if isCalm {
      settings.primary = ""
      settings.secondary = ""
    }
    settings.secondary += "\nreader_token_file: \"\(directory.path("reader.secret"))\""
    fixture = try AgentPairFixture(directory, settings: settings)
  }

  func start() throws {
    try startPrimary()
    try startSecondary()
  }

  func startPrimary() throws { primary = try fixture.startPrimary() }

  func startSecondary() throws { secondary = try fixture.startSecondary() }

  func stop() {
    for agent in [secondary, primary] {
      agent?.send(signal: SIGTERM)
      // Measured is measured; what does not end is killed when the value goes.
      _ = try? agent?.outcome(within: .seconds(30)) as ProcessOutcome?
    }
  }

  // MARK: Repositories

  /// Makes small repositories with twenty commits, all alike.
  func fleet(_ count: Int) throws -> [String] {
    var builder = RepositoryBuilder()
    let commits = builder.commits(20)
    builder.branch("main", at: commits[19])
    builder.tag("v1", of: commits[10])
    let template = fixture.directory.path("template.git")
    tip = "\(try builder.build(at: template).oid(commits[5]))"
    try FileManager.default.createDirectory(atPath: "\(template)/refs/heads", withIntermediateDirectories: true)
    let names = (0..<count).map { "g\($0 / 1_000)/r\($0)" }
    for name in names { try place(template, name) }
    return names
  }

  /// Repositories of a HEAD, a config, and no object.
  func emptyRepositories(_ count: Int) throws {
    let template = fixture.directory.path("empty.git")
    try GitCommand().run("init", "-q", "--bare", "--template=", template)
    for number in 0..<count { try place(template, "e/\(number)") }
  }

  /// Files of a few bytes.
  func files(_ count: Int) throws {
    for directory in 0..<(count / 1_000 + 1) {
      try FileManager.default.createDirectory(
        atPath: fixture.directory.path("assets/d\(directory)"), withIntermediateDirectories: true)
    }
    for number in 0..<count {
      try fixture.directory.write("file \(number)\n", to: "assets/d\(number / 1_000)/f\(number)")
    }
  }

  private func place(_ template: String, _ name: String) throws {
    let path = fixture.source(name)
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: template, toPath: path)
  }

  // MARK: Asking

  /// Runs async work from a case, which is not.
  func asking(_ body: @escaping @Sendable (Questions) async throws -> Void) throws {
    let (fixture, done) = (fixture, DispatchSemaphore(value: 0))
    let result = Mutex<Result<Void, any Error>>(.success(()))
    Task {
      let http = BoundedHTTPClient()
      let questions = Questions(
        primary: AgentClient(.socket(path: "\(fixture.primaryState)/admin.sock"), http: http),
        secondary: AgentClient(.socket(path: "\(fixture.secondaryState)/admin.sock"), http: http))
      do {
        try await body(questions)
      } catch {
        result.withLock { $0 = .failure(error) }
      }
      await http.shutdown()
      done.signal()
    }
    done.wait()
    try result.withLock { try $0.get() }
  }

  private static func until(
    _ what: String, within limit: Duration, every pause: Duration, _ body: () async throws -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      if try await body() { return }
      try await Task.sleep(for: pause)
    }
    throw BenchmarkFailure("in \(limit) it did not come about: \(what)")
  }

  /// Waits until the secondary tracks so many and has verified them all, up to the primary's last event.
  func untilSettled(
    count: Int, of name: String = AgentPair.repositories, within limit: Duration = .seconds(600)
  ) throws {
    try asking { questions in
      try await Self.until("all verified", within: limit, every: .milliseconds(100)) {
        let secondary = try await questions.secondary.get(AgentRoute.status, as: StatusRow.self)
        guard let kind = secondary.kinds.first(where: { $0.name == name }), kind.count == count,
          kind.states["synced"] == count, kind.verificationStates["succeeded"] == count
        else { return false }
        let primary = try await questions.primary.get(AgentRoute.status, as: StatusRow.self)
        return primary.lastEventId == secondary.lastEventId
      }
    }
  }

  func untilChecksummed(_ count: Int) throws {
    try asking { questions in
      try await Self.until("all checksummed", within: .seconds(1_800), every: .milliseconds(100)) {
        let status = try await questions.primary.get(AgentRoute.status, as: StatusRow.self)
        return status.kinds.first { $0.name == Self.repositories }?.verificationStates["succeeded"] == count
      }
    }
  }

  /// Waits for a verification of what was changed then; when it came, by the secondary's word.
  func verified(_ id: String, since changed: Date) throws -> Date {
    let moment = Mutex<Date?>(nil)
    try asking { questions in
      let path = AgentRoute.path(AgentRoute.registry(Self.repositories), [("id", id)])
      try await Self.until("'\(id)' verified", within: .seconds(30), every: .milliseconds(20)) {
        let entry = try await questions.secondary.get(path, as: RegistryPage.self).entries?.first
        guard let entry, entry.verificationState == .succeeded, let text = entry.verifiedAt,
          let date = try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text),  // none is too early
          date > changed, entry.wanted == entry.held, let synced = entry.lastSyncedAt,
          let time = try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(synced), time > changed
        else { return false }
        moment.withLock { $0 = date }
        return true
      }
    }
    guard let date = moment.withLock({ $0 }) else { throw BenchmarkFailure("'\(id)' has no time") }
    return date
  }

  /// Changes a repository of the fleet, announces the change as a hook does, and waits until its copy is verified;
  /// returns seconds from the change.
  func follow(_ id: String, change number: Int) throws -> Double {
    let ref = "\(fixture.source(id))/refs/heads/change\(number)"
    let changed = Date()
    try Data("\(tip)\n".utf8).write(to: URL(fileURLWithPath: ref))
    try asking { questions in
      try await questions.primary.post(
        AgentRoute.events, EventNotice(event: .known(.push), replicableName: Self.repositories, id: id))
    }
    return try verified(id, since: changed).timeIntervalSince(changed)
  }

  /// Returns the path of the last twenty of a list by number.
  func lastPage() throws -> String {
    let path = AgentRoute.registry(Self.repositories)
    let place = Mutex<String?>(nil)
    try asking { questions in
      let page = try await questions.secondary.get(
        AgentRoute.path(path, [("sort", "id_desc"), ("limit", "20")]), as: RegistryPage.self)
      place.withLock { $0 = page.next }
    }
    return AgentRoute.path(path, [("sort", "id_asc"), ("limit", "20"), ("after", place.withLock { $0 })])
  }

  // MARK: Costs

  func costs() throws -> (primary: Cost, secondary: Cost, requests: Double) {
    guard let secondary else { throw BenchmarkFailure("no secondary runs") }
    let requests = Mutex(0.0)
    try asking { questions in
      let text = String(decoding: try await questions.primary.bytes(AgentRoute.metrics).body, as: UTF8.self)
      let counted = text.split(separator: "\n").filter { $0.hasPrefix("remora_http_requests_total") }
        .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
      requests.withLock { $0 = counted.reduce(0, +) }
    }
    return (try primaryCost(), try Self.cost(secondary), requests.withLock { $0 })
  }

  func primaryCost() throws -> Cost {
    guard let primary else { throw BenchmarkFailure("no primary runs") }
    return try Self.cost(primary)
  }

  /// Reads processor time and memory as Linux counts them (proc(5)).
  private static func cost(_ process: ChildProcess) throws -> Cost {
    let stat = try String(contentsOfFile: "/proc/\(process.processID)/stat", encoding: .utf8)
    let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
      throw BenchmarkFailure("/proc says nothing of \(process.processID)")
    }
    let status = try String(contentsOfFile: "/proc/\(process.processID)/status", encoding: .utf8)
    let resident = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }?.split(separator: " ")
    let kilobytes = resident.flatMap { $0.count > 1 ? Double($0[1]) : nil } ?? 0
    return Cost(seconds: (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))), megabytes: kilobytes / 1_000)
  }
}
