package import AgentAPI
internal import EventLog
internal import Replication
internal import RepositoryReplication
internal import Scheduling
internal import Synchronization
internal import WorkerPool

extension Agent {
  /// The version of this program.
  package static let version = "0.1.0"

  /// A secondary sends a request at least once a minute; after five minutes without one it counts as away.
  private static let longSilence = Duration.seconds(300)

  /// Returns the site's status. `SiteHealth` defines healthy and ready.
  package func status() async throws -> StatusRow { try await statuses.get { try await self.currentStatus() } }

  /// Returns the number of reasons why the site is not ready; 0 if it is. The answer is cached for a moment, so that
  /// clients without a token cause at most one status in that time.
  package func obstacleCount() async throws -> Int {
    if let known = readiness.withLock({ $0 }), .now - known.at < Self.readinessAge { return known.obstacles }
    let obstacles = try await status().obstacles?.count ?? 0
    readiness.withLock { $0 = (ContinuousClock.now, obstacles) }
    return obstacles
  }

  private static let readinessAge = Duration.milliseconds(500)

  private func currentStatus() async throws -> StatusRow {
    var status = StatusRow(site: plan.site, role: role, version: Self.version, startedAt: "\(startedAt)")
    status.url = plan.url
    switch site {
    case .primary(let site): try await fill(&status, from: site)
    case .secondary(let site): try await fill(&status, from: site)
    }
    if let promotionStatus { fill(&status, from: promotionStatus) }
    let health = SiteHealth(
      of: status, at: environment.now(), .init(lag: plan.readyLag, comparison: plan.consistencyInterval))
    status.problems += health.problems
    status.isHealthy = status.problems.isEmpty
    status.obstacles = health.obstacles
    status.isReady = health.obstacles.isEmpty
    return status
  }

  private func fill(_ status: inout StatusRow, from promotion: PromotionStatus) {
    status.epoch = promotion.record.epoch
    status.fencedBy = promotion.fencedBy
    // A replaced site shows that first.
    status.problems.insert(contentsOf: promotion.problems, at: promotion.fencedBy == nil ? status.problems.endIndex : 0)
  }

  // MARK: A primary

  private func fill(_ status: inout StatusRow, from site: PrimarySite) async throws {
    for kind in site.primary.kinds {
      var row = StatusRow.KindRow(
        name: kind.name.text, plural: kind.namePlural, isEnabled: try await site.primary.isEnabled(kind))
      let states = try site.primary.states(of: kind.name)
      let counts = try await states.counts()
      let notOffered = try await states.notOfferedCounts()
      row.count = counts.values.reduce(0, +) + notOffered.values.reduce(0, +)
      row.verificationStates = Self.byName(counts)
      row.notReplicated = Self.byName(notOffered)
      if !notOffered.isEmpty {
        row.notReplicatedExamples = try await states.notOffered(limit: Self.exampleCount).compactMap { state in
          state.notOffered.map {
            .init(id: state.replicableID.text, reason: $0.rawValue, message: state.notOfferedReason)
          }
        }
      }
      if let scan = site.scans.lastReport(of: kind.name) {
        row.lastScanAt = "\(scan.endedAt)"
        row.isCatalogComplete = scan.isComplete
        row.skipped = scan.skipped.map { "\($0.path): \($0.reason)" }
        row.skippedCount = scan.skippedCount
        row.neverServed = scan.neverServed.isEmpty ? nil : scan.neverServed
      }
      row.scanFailure = site.scans.lastFailure(of: kind.name)
      status.kinds.append(row)
    }
    let stuck = site.spool.stuckFiles
    if stuck.count > 0 {
      status.problems.append(
        "\(stuck.count) events lie in the spool and cannot be taken: \(stuck.reason ?? "no reason given"); give their files to"
          + " the agent's user, or remove them and run 'remora event' for what they say")
    }
    if site.spool.setAsideCount > 0 {
      status.problems.append(
        "\(site.spool.setAsideCount) files of the spool are no events; look into its directory 'bad'")
    }
    let end = try await site.log.position().id
    status.lastEventId = end
    status.lastEventAt = await site.log.moment(ofLine: end).map { "\($0)" }
    let now = environment.now()
    status.secondaries = site.secondaries.names.map { name in
      let contact = site.secondaries[name]
      let heard = contact.lastContactAt ?? startedAt
      if now - heard > Self.longSilence {
        status.problems.append("'\(name)' has asked for nothing since \(heard): see whether its agent runs there")
      }
      return StatusRow.SecondaryRow(
        name: name, lastContactAt: contact.lastContactAt.map { "\($0)" }, lastEventId: contact.cursor?.id)
    }
  }

  // MARK: A secondary

  private func fill(_ status: inout StatusRow, from site: SecondarySite) async throws {
    let now = environment.now()
    for kind in site.secondary.kinds {
      let row = try await kindRow(kind, site, at: now)
      status.kinds.append(row)
    }
    status.lag = site.scheduler.lags.summary.map { lag, samples in
      StatusRow.LagRow(
        p50Seconds: AgentMetrics.rounded(lag.median), p95Seconds: AgentMetrics.rounded(lag.percentile95),
        maxSeconds: AgentMetrics.rounded(lag.longest), samples: samples)
    }
    status.oldestUnsynced = try await oldest(site, at: now)
    status.jobs = await site.scheduler.jobs.map { job in
      StatusRow.JobRow(
        replicableName: job.key.name.text, id: job.key.id.text, purpose: job.purpose.rawValue,
        seconds: AgentMetrics.rounded(.now - job.startedAt), progress: site.progress.text(of: job.key))
    }
    let limits = await site.scheduler.limits
    status.jobLimits = [
      "repository_syncs": limits.repositorySyncs, "blob_downloads": limits.blobDownloads,
      "verifications": limits.verifications, "housekeepings": limits.housekeepings, "checks": limits.checks,
    ]
    status.lastFailures = site.failures.all
    let paused = (site.hosts.failure(of: SourceHost.machine) ?? site.hosts.failure(of: site.primaryHost))?.message
    fillSources(&status, from: site)
    if let url = site.primaryURL {
      status.primary = StatusRow.PrimaryRow(
        url: url, isReachable: site.contact.failure == nil && site.contact.lastContactAt != nil,
        lastContactAt: site.contact.lastContactAt.map { "\($0)" }, pausedBy: paused)
    }
    for kind in site.listed?.kinds ?? [] {
      let roster = kind.repositories.roster
      let row = StatusRow.RosterRow(
        replicableName: kind.name.text, place: kind.place, count: roster?.entries.count ?? 0,
        skipped: (roster?.skipped ?? []).prefix(100).map { "\($0.path): \($0.reason)" },
        failure: kind.repositories.failure)
      status.rosters = (status.rosters ?? []) + [row]
      if row.count == 0, row.failure == nil {
        status.problems.append("the list of '\(kind.name)' names no repository: nothing is copied, and nothing removed")
      }
      if let failure = row.failure { status.problems.append("the list of '\(kind.name)' cannot be read: \(failure)") }
      if let first = row.skipped.first {
        status.problems.append(
          "\(row.skipped.count) of the list of '\(kind.name)' make no sense, and nothing is removed until they do: \(first)"
        )
      }
    }
    if let failure = site.contact.failure { status.problems.append("the primary does not answer: \(failure)") }
    if let paused, site.primaryURL != nil { status.problems.append("work rests: \(paused)") }
    status.lastEventId = try await site.secondary.followedCursor()?.id
  }

  /// Adds failing hosts and this machine. The primary has its own lines.
  private func fillSources(_ status: inout StatusRow, from site: SecondarySite) {
    let failing = site.hosts.failures.filter { $0.host != SourceHost.machine }
    status.failingHosts = failing.map { failure in
      StatusRow.HostRow(
        host: failure.host, failingSince: "\(failure.since)", message: failure.message,
        retryAt: failure.retryAt.map { "\($0)" }, lastAnswerAt: failure.lastAnswerAt.map { "\($0)" })
    }
    status.machine = site.machine.failures.map {
      StatusRow.TroubleRow(activity: $0.activity, failingSince: "\($0.since)", message: $0.message)
    }
    if let own = site.hosts.failure(of: SourceHost.machine), site.primaryURL == nil {
      let row = StatusRow.TroubleRow(activity: "work on copies", failingSince: "\(own.since)", message: own.message)
      status.machine?.append(row)
    }
  }

  private func kindRow(_ kind: Kind, _ site: SecondarySite, at now: Timestamp) async throws -> StatusRow.KindRow {
    var row = StatusRow.KindRow(
      name: kind.name.text, plural: kind.namePlural, isEnabled: try await site.secondary.isEnabled(kind))
    let counts = try await site.secondary.registry(of: kind.name).counts(at: now)
    row.count = counts.total
    row.states = Self.byName(counts.states)
    row.verificationStates = Self.byName(counts.verificationStates)
    row.needsVerification = counts.needsVerification
    row.mismatched = counts.mismatched
    row.missingOnPrimary = counts.missingOnPrimary
    row.damaged = counts.damaged
    if try site.secondary.strategy(of: kind.name).needsUpkeep {
      row.unchecked = counts.unchecked
      row.oldestCheckAt = counts.oldestCheck.map { "\($0)" }
    }
    let feed = try site.secondary.feedState(of: kind.name)
    row.isUnknownToPrimary = feed.isUnknownToPrimary
    row.isOffOnPrimary = feed.isOffOnPrimary
    row.comparedAt = feed.lastComplete.map { "\($0.endedAt)" }
    row.isCatalogComplete = feed.lastComparison?.isComplete
    if let since = feed.postponed.since {
      (row.postponedCount, row.postponed) = (feed.postponed.count, feed.postponed.reasons)
      row.postponedSince = "\(since)"
    }
    if feed.leftOut.count > 0 {
      (row.skippedCount, row.skipped) = (feed.leftOut.count, feed.leftOut.examples)
    }
    row.notReplicated = Self.byName(counts.notOffered)
    if !counts.notOffered.isEmpty {
      row.notReplicatedExamples = try await site.secondary.registry(of: kind.name).notOffered(limit: Self.exampleCount)
        .compactMap { entry in
          entry.notOffered.map {
            .init(
              id: entry.replicableID.text, reason: $0.rawValue, since: entry.notOfferedAt.map { "\($0)" },
              lastSuccessAt: entry.lastSuccessAt.map { "\($0)" })
          }
        }
    }
    if let reason = Self.rest(row) {
      // A kind that is not replicated counts as neither synced nor verified, regardless of its entries.
      row.notReplicated?[reason] = row.states.values.reduce(0, +)
      (row.states, row.verificationStates, row.needsVerification) = ([:], [:], 0)
    }
    row.removalsWaiting = try await site.secondary.waitingRemovals(kind.name).map(\.text)
    if let listed = site.listed {
      let failing = await listed.polls.failures.filter { $0.key.name == kind.name }
      row.failingPolls = failing.count
      row.oldestFailingPoll = failing.min { $0.since < $1.since }.map {
        StatusRow.FailureRow(
          at: "\($0.since)", replicableName: kind.name.text, id: $0.key.id.text, message: $0.message)
      }
    }
    row.rootRefusal = site.roots.first { $0.kind == kind.name }?.refusal?.message
    return row
  }

  private static let exampleCount = 100

  /// Returns why a kind is not replicated; `nil` when it is.
  private static func rest(_ row: StatusRow.KindRow) -> String? {
    if !row.isEnabled { return "feature_off" }
    if row.isUnknownToPrimary == true { return "unknown_to_primary" }
    return row.isOffOnPrimary == true ? "feature_off_on_primary" : nil
  }

  /// Returns the entry that has waited longest for the verification of its change.
  private func oldest(_ site: SecondarySite, at now: Timestamp) async throws -> StatusRow.OldestRow? {
    var found: (kind: Kind, entry: RegistryEntry)?
    for kind in site.secondary.kinds {
      guard let entry = try await site.secondary.registry(of: kind.name).longestUnverified(),
        let since = entry.announcedAt
      else { continue }
      if found.map({ since < $0.entry.announcedAt ?? since }) ?? true { found = (kind, entry) }
    }
    return found.map { kind, entry in
      StatusRow.OldestRow(
        replicableName: kind.name.text, id: entry.replicableID.text, seconds: AgentMetrics.rounded(entry.lag(at: now)),
        reason: entry.lastSyncFailure ?? entry.verificationFailure ?? "\(entry.state.rawValue)")
    }
  }

  private static func byName<State: RawRepresentable<String> & Hashable>(_ counts: [State: Int]) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) })
  }
}
