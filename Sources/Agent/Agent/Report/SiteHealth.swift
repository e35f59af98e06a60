package import AgentAPI
package import Replication

/// Judges a site by its numbers: whether it is healthy, and whether its copies are current. The only source of
/// `remora status`, `/readyz`, the admin page, the metrics and the notifications.
///
/// A pure function of its inputs: a status, the time, the settings.
package struct SiteHealth: Hashable, Sendable {
  /// The thresholds of the judgement.
  package struct Settings: Hashable, Sendable {
    /// `ready.lag`: the lag above which a site is not ready.
    package var lag: Duration
    /// `consistency.interval`: between two comparisons with the catalog.
    package var comparison: Duration

    /// Settings.
    package init(lag: Duration = .seconds(900), comparison: Duration = .seconds(60)) {
      self.lag = lag
      self.comparison = comparison
    }
  }

  /// Problems for the operator, one line each. Without any, the site is healthy.
  package let problems: [String]
  /// Why the site is not ready, one line each. Without any, it is ready.
  package let obstacles: [String]

  /// Judges a status; its `problems`, `isHealthy` and readiness are not read.
  package init(of status: StatusRow, at now: Timestamp, _ settings: Settings = Settings()) {
    let isPrimary = status.role == .primary
    var (problems, obstacles) = ([String](), [String]())
    for kind in status.kinds {
      let judged = KindHealth(kind, isPrimary: isPrimary, at: now, settings)
      problems += judged.problems
      obstacles += judged.obstacles
    }
    if isPrimary {
      if let by = status.fencedBy { obstacles.append("this primary was replaced by '\(by)'") }
    } else {
      if !status.kinds.contains(where: \.isEnabled) { obstacles.append("no kind is switched on") }
      problems += Self.sources(status)
      for trouble in status.machine ?? [] {
        let line = "this machine cannot \(trouble.activity) since \(trouble.failingSince): \(trouble.message)"
        problems.append(line)
        obstacles.append(line)
      }
      let behind = Self.behind(status, at: now, settings)
      problems += behind.map { "the copies are behind: \($0)" }
      obstacles += behind
    }
    self.problems = problems
    self.obstacles = obstacles
  }

  /// Returns how the site lags by more than `ready.lag`: by an announced change that is not verified, or by a primary
  /// that did not answer.
  private static func behind(_ status: StatusRow, at now: Timestamp, _ settings: Settings) -> [String] {
    var found: [String] = []
    let limit = settings.lag / .seconds(1)
    if let oldest = status.oldestUnsynced, oldest.seconds > limit {
      found.append(
        "a change of '\(oldest.replicableName)' has waited for \(Int(oldest.seconds)) s (ready.lag is \(Int(limit)) s)")
    }
    if let primary = status.primary, status.kinds.contains(where: \.isEnabled) {
      let heard = Timestamp(primary.lastContactAt ?? status.startedAt) ?? now
      // Up to half a minute between two answers of a long poll is normal.
      let bound = primary.isReachable ? max(settings.lag, silence) : settings.lag
      if now - heard > bound {
        found.append("the primary has not answered for \((now - heard).components.seconds) s")
      }
    }
    return found
  }

  private static let silence = Duration.seconds(90)

  /// Returns the failing hosts, without the primary, which has its own line.
  private static func sources(_ status: StatusRow) -> [String] {
    let primary = status.primary.map { SourceHost.name(of: $0.url) }
    let failing = (status.failingHosts ?? []).filter { $0.host != primary }
    var lines = failing.prefix(shownHosts).map { host in
      "the host \(host.host) fails since \(host.failingSince): \(host.message)"
        + (host.retryAt.map { "; it is asked again at \($0)" } ?? "")
    }
    if failing.count > shownHosts {
      lines.append("\(failing.count - shownHosts) more hosts fail: 'remora status --json' names them")
    }
    return lines
  }

  private static let shownHosts = 10
}

/// The same of one kind.
private struct KindHealth {
  private(set) var problems: [String] = []
  private(set) var obstacles: [String] = []

  /// After this number of intervals a missing comparison is a problem.
  private static let patience = 3
  private static let slack = Duration.seconds(120)
  /// How long a change may wait for a job that uses its copy.
  private static let postponedPatience = Duration.seconds(60)

  init(_ kind: StatusRow.KindRow, isPrimary: Bool, at now: Timestamp, _ settings: SiteHealth.Settings) {
    if isPrimary {
      judgePrimary(kind)
    } else {
      judgeCopies(kind)
      judgeComparison(kind, at: now, settings)
    }
  }

  private mutating func judgePrimary(_ kind: StatusRow.KindRow) {
    let name = kind.name
    // A kind that was always empty has lost nothing.
    if kind.isCatalogComplete == false, kind.count > 0 || kind.skipped.count > 1 {
      problems.append(
        "the listing of '\(name)' is not complete, and no secondary removes anything until it is:"
          + " \(kind.skipped.first ?? "'remora status --json' shows what was left out")")
    }
    if let failure = kind.scanFailure { problems.append("'\(name)' cannot be scanned: \(failure)") }
    if !kind.isEnabled { problems.append("the feature of '\(name)' is off: nothing of it is published") }
    let failed = kind.count(VerificationWord.failed)
    if failed > 0 {
      problems.append("\(failed) of '\(name)' have no checksum: \(OperatorCommand.list(name, state: .failed))")
    }
    let broken = kind.count(NotReplicatedReason.broken)
    if broken > 0 {
      let first = kind.notReplicatedExamples?.first { $0.reason == .broken }
      let example = first.map { ", first '\($0.id)' (\($0.message ?? "it cannot be read"))" } ?? ""
      problems.append(
        "\(broken) of '\(name)' cannot be served, and their copies stay as they are\(example):"
          + " \(first.map { OperatorCommand.explain(name, $0.id) } ?? OperatorCommand.list(name))")
    }
    if let first = kind.neverServed?.first, let count = kind.neverServed?.count {
      problems.append("\(count) directories below the root of '\(name)' look like broken repositories: \(first)")
    }
  }

  private mutating func judgeCopies(_ kind: StatusRow.KindRow) {
    let name = kind.name
    if !kind.isEnabled { problems.append("the feature of '\(name)' is off: its copies grow old") }
    if kind.isUnknownToPrimary == true {
      problems.append("the primary has no kind '\(name)': nothing of it is copied; add it there, or remove it here")
    }
    if kind.isOffOnPrimary == true {
      problems.append("the feature of '\(name)' is off on the primary: it publishes nothing, and the copies grow old")
    }
    let failed = kind.count(SyncWord.failed)
    if failed > 0 {
      problems.append("\(failed) of '\(name)' fail to sync: \(OperatorCommand.list(name, state: .failed))")
    }
    if kind.mismatched > 0 {
      problems.append(
        "\(kind.mismatched) of '\(name)' differ from the primary:"
          + " \(OperatorCommand.list(name, verificationState: .failed))")
    } else if kind.count(VerificationWord.failed) > 0 {
      problems.append(
        "\(kind.count(VerificationWord.failed)) of '\(name)' cannot be verified: \(OperatorCommand.list(name, verificationState: .failed))"
      )
    }
    if let refusal = kind.rootRefusal {
      problems.append(refusal)
      obstacles.append(refusal)
    }
    if let oldest = kind.oldestFailingPoll, let count = kind.failingPolls {
      problems.append(
        "\(count) of '\(name)' cannot be asked for changes at their hosts, '\(oldest.id)' since \(oldest.at):"
          + " \(oldest.message)")
    }
    if kind.damaged > 0 {
      problems.append(
        "\(kind.damaged) of '\(name)' were found damaged and are fetched anew: \(OperatorCommand.list(name))")
    }
    let broken = kind.count(NotReplicatedReason.broken)
    if broken > 0 {
      problems.append(
        "\(broken) of '\(name)' are broken on the primary, and their copies stay as they are: \(OperatorCommand.list(name))"
      )
    }
    if !kind.removalsWaiting.isEmpty {
      problems.append(
        "\(kind.removalsWaiting.count) removals of '\(name)' wait for a confirmation, because too much would go within a"
          + " day, or an operator has restored them: \(OperatorCommand.confirmRemovals(name))")
    }
    if kind.isCatalogComplete == false, kind.count > 0 {
      problems.append("the primary's listing of '\(name)' is not complete: nothing is removed until it is")
    }
  }

  private mutating func judgeComparison(
    _ kind: StatusRow.KindRow, at now: Timestamp, _ settings: SiteHealth.Settings
  ) {
    guard kind.isEnabled else { return }
    if let since = kind.postponedSince.flatMap({ Timestamp($0) }), now - since > Self.postponedPatience {
      problems.append(
        "\(kind.postponedCount ?? 1) changes of '\(kind.name)' cannot be followed since \(since): "
          + (kind.postponed?.first ?? "'remora status --json' says why"))
    }
    guard let comparedAt = kind.comparedAt.flatMap({ Timestamp($0) }) else {
      let why = kind.isUnknownToPrimary == true ? "the primary does not have it" : "not since this agent started"
      obstacles.append("'\(kind.name)' was not compared with a complete catalog of the primary: \(why)")
      if kind.isUnknownToPrimary != true {
        problems.append(
          "'\(kind.name)' was not compared with a complete catalog of the primary since this agent started")
      }
      return
    }
    let age = now - comparedAt
    if age > settings.comparison * Self.patience + Self.slack {
      problems.append(
        "'\(kind.name)' was last compared with a complete catalog of the primary \(age.components.seconds) s ago")
    }
  }
}
