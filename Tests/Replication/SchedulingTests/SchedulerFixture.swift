import Replication
import Testing

@testable import Scheduling

/// A scheduler of two kinds of repositories and one of files, with a clock that the test moves. Inputs and actions are
/// texts: a replicable is `KIND/ID`, with `@HOST` where a host is asked.
struct SchedulerFixture {
  static let kinds = ["project", "wiki", "upload"]
  private static let start = ContinuousClock.now
  private static let time = Timestamp(milliseconds: 1_795_000_000_000)

  private(set) var state: SchedulerState
  private(set) var hosts = HostTable()
  private var elapsed = Duration.zero
  /// Asked and not answered, in order.
  private var questions: [DueQuestion] = []
  private var recoveries: [JobKey] = []

  init(limits: SchedulerLimits = SchedulerLimits(), primaryHost: String? = "primary", portion: Int = 1_000) throws {
    let kinds = try Self.kinds.map { name in
      let isBlob = name == "upload"
      return ScheduledKind(try ReplicableName(name), isBlob ? .blob : .repository, needsUpkeep: !isBlob)
    }
    state = SchedulerState(kinds, primaryHost: primaryHost, limits: limits, portion: portion)
  }

  var moment: Moment { Moment(instant: Self.start + elapsed, time: Self.time + elapsed, jitter: 0) }

  mutating func after(_ duration: Duration) { elapsed += duration }

  // MARK: Inputs

  mutating func step(_ input: SchedulerInput) -> [String] {
    let actions = state.step(input, at: moment, hosts: &hosts)
    for case .ask(let question) in actions { questions.append(question) }
    for case .recover(let key) in actions { recoveries.append(key) }
    return actions.map(text)
  }

  mutating func wake() -> [String] { step(.wake) }

  mutating func request(_ purpose: JobPurpose, _ names: String...) throws -> [String] {
    step(
      .requested(
        try names.map { name in
          let candidate = try Self.candidate(name)
          return SchedulerInput.Request(try Self.key(name), host: candidate.host)
        }, purpose))
  }

  mutating func end(_ purpose: JobPurpose, _ name: String, _ outcome: JobOutcome) throws -> [String] {
    step(.ended(Job(try Self.key(name), purpose), outcome))
  }

  /// Answers the question that is open for a kind and purpose with these, separated by spaces; `nil`: the registry
  /// cannot be read.
  mutating func answer(_ kind: String, _ purpose: JobPurpose, _ due: String?, rows: Int? = nil) throws -> [String] {
    guard let index = questions.firstIndex(where: { $0.name.text == kind && $0.purpose == purpose }) else {
      return ["no question"]
    }
    let candidates = try due?.split(separator: " ").map { try Self.candidate("\(kind)/\($0)") }
    let answer = candidates.map { DueAnswer($0, rowCount: rows ?? $0.count, last: $0.last?.id) }
    return step(.due(questions.remove(at: index), answer))
  }

  mutating func recovered(_ isRecorded: Bool) -> [String] { step(.recovered(recoveries.removeFirst(), isRecorded)) }

  /// A whole pass with these answers, by `KIND PURPOSE`; other registries have nothing due.
  ///
  /// - Returns: what it does but ask.
  mutating func pass(_ due: [String: String] = [:]) throws -> [String] {
    var actions = wake()
    while let question = questions.first {
      actions += try answer(question.name.text, question.purpose, due["\(question.name) \(question.purpose)"] ?? "")
    }
    return actions.filter { !$0.hasPrefix("ask") }
  }

  /// Requests syncs and starts them in a pass.
  mutating func startSyncs(_ names: String...) throws {
    for name in names { _ = try request(.sync, name) }
    _ = try pass()
  }

  /// Makes the host, or `HostTable.machine`, fail.
  mutating func fail(_ host: String, retryAfter: Duration? = nil) {
    _ = hosts.failed(host, "away", retryAfter: retryAfter, at: moment)
  }

  /// Makes the host answer for some replicable.
  mutating func succeed(_ host: String) -> HostTable.Change? {
    hosts.succeeded(host, at: moment)
  }

  // MARK: Texts

  static func key(_ name: String) throws -> JobKey {
    let parts = name.split(separator: "@")[0].split(separator: "/")
    return JobKey(name: try ReplicableName("\(parts[0])"), id: try ReplicableID("\(parts[1])"))
  }

  static func candidate(_ name: String) throws -> Candidate {
    Candidate(try key(name).id, host: name.split(separator: "@").dropFirst().first.map { "\($0)" } ?? "host")
  }

  private func text(_ job: Job) -> String { "\(job.purpose) \(job.key.name)/\(job.key.id)" }

  private func text(_ action: SchedulerAction) -> String {
    switch action {
    case .start(let job, let isThorough): "start \(isThorough ? "thorough " : "")\(text(job))"
    case .prove(let job): "prove \(text(job))"
    case .cancel(let job): "cancel \(text(job))"
    case .ask(let question):
      "ask \(question.name) \(question.purpose) \(question.limit)" + (question.after.map { " after \($0)" } ?? "")
    case .recover(let key): "recover \(key.name)/\(key.id)"
    case .wake(let instant): "wake +\((instant - moment.instant) / .seconds(1))"
    case .log(.paused(let host, let reason)): "paused \(host): \(reason)"
    case .log(.resumed(let host, let reason)): "resumed \(host) after: \(reason)"
    case .logPostponed(let job, let why): "postponed \(text(job)): \(why)"
    }
  }
}

/// One row of a table: what was before, and what one more input leads to.
struct SchedulerCase: Sendable, CustomTestStringConvertible {
  let name: String
  var limits = SchedulerLimits()
  let before: @Sendable (inout SchedulerFixture) throws -> Void
  let input: @Sendable (inout SchedulerFixture) throws -> [String]
  var expected: [String]

  init(
    _ name: String, limits: SchedulerLimits = SchedulerLimits(),
    before: @escaping @Sendable (inout SchedulerFixture) throws -> Void = { _ in },
    _ input: @escaping @Sendable (inout SchedulerFixture) throws -> [String], _ expected: String...
  ) {
    self.name = name
    self.limits = limits
    self.before = before
    self.input = input
    self.expected = expected
  }

  var testDescription: String { name }

  func check() throws {
    var fixture = try SchedulerFixture(limits: limits)
    try before(&fixture)
    let actions = try input(&fixture)
    #expect(actions == expected)
  }

  /// A job of `project/a` ends so, is requested again and looked at half a second later.
  static func delay(
    _ name: String, _ purpose: JobPurpose, _ outcome: JobOutcome, within expected: String...
  ) -> SchedulerCase {
    var row = SchedulerCase(
      name,
      before: {
        _ = try $0.request(purpose, "project/a")
        _ = try $0.pass()
        _ = try $0.end(purpose, "project/a", outcome)
        _ = try $0.request(purpose, "project/a")
        $0.after(.milliseconds(500))
      }, { try $0.pass() })
    row.expected = expected
    return row
  }
}
