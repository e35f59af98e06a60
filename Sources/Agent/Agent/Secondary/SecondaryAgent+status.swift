internal import AgentAPI
internal import Replication
internal import RepositoryReplication
internal import Scheduling

extension SecondaryAgent {
  func fill(_ status: inout StatusRow) async throws {
    let now = environment.now()
    for kind in site.secondary.kinds {
      let row = try await kindRow(kind, at: now)
      status.kinds.append(row)
    }
    status.lag = site.scheduler.lags.summary.map { lag, samples in
      StatusRow.LagRow(
        p50Seconds: AgentMetrics.rounded(lag.median), p95Seconds: AgentMetrics.rounded(lag.percentile95),
        maxSeconds: AgentMetrics.rounded(lag.longest), samples: samples)
    }
    status.oldestUnsynced = try await oldest(at: now)
    status.jobs = await site.scheduler.jobs.map { job in
      StatusRow.JobRow(
        replicableName: job.key.name.text, id: job.key.id.text, purpose: Word(job.purpose.rawValue),
        seconds: AgentMetrics.rounded(.now - job.startedAt), progress: site.progress.text(of: job.key))
    }
    let limits = await site.scheduler.limits
    status.jobLimits = [
      "repository_syncs": limits.repositorySyncs, "blob_downloads": limits.blobDownloads,
      "verifications": limits.verifications, "housekeepings": limits.housekeepings, "checks": limits.checks,
    ]
    status.lastFailures = site.failures.all
    let paused = (site.hosts.failure(of: SourceHost.machine) ?? site.hosts.failure(of: site.primaryHost))?.message
    fillSources(&status)
    if let url = site.primaryURL {
      status.primary = StatusRow.PrimaryRow(
        url: url, isReachable: site.contact.failure == nil && site.contact.lastContactAt != nil,
        lastContactAt: site.contact.lastContactAt.map { "\($0)" }, pausedBy: paused)
    }
    for kind in site.listed?.kinds ?? [] {
      let roster = kind.repositories.roster
      let row = StatusRow.RepositoryListRow(
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
  private func fillSources(_ status: inout StatusRow) {
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

  private func kindRow(_ kind: Kind, at now: Timestamp) async throws -> StatusRow.KindRow {
    var row = StatusRow.KindRow(
      name: kind.name.text, plural: kind.namePlural, isEnabled: try await site.secondary.isEnabled(kind))
    let counts = try await site.secondary.registry(of: kind.name).counts(at: now)
    row.count = counts.total
    row.states = StatusRow.KindRow.byName(counts.states)
    row.verificationStates = StatusRow.KindRow.byName(counts.verificationStates)
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
    row.notReplicated = StatusRow.KindRow.byName(counts.notOffered)
    if !counts.notOffered.isEmpty {
      row.notReplicatedExamples = try await site.secondary.registry(of: kind.name).notOffered(
        limit: StatusRow.KindRow.exampleCount
      )
      .compactMap { entry in
        entry.notOffered.map {
          .init(
            id: entry.replicableID.text, reason: Word($0.rawValue), since: entry.notOfferedAt.map { "\($0)" },
            lastSuccessAt: entry.lastSuccessAt.map { "\($0)" })
        }
      }
    }
    if let reason = Self.rest(row) {
      // A kind that is not replicated counts as neither synced nor verified, regardless of its entries.
      row.notReplicated?[reason.rawValue] = row.states.values.reduce(0, +)
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

  /// Returns why a kind is not replicated; `nil` when it is.
  private static func rest(_ row: StatusRow.KindRow) -> NotReplicatedReason? {
    if !row.isEnabled { return .featureOff }
    if row.isUnknownToPrimary == true { return .unknownToPrimary }
    return row.isOffOnPrimary == true ? .featureOffOnPrimary : nil
  }

  /// Returns the entry that has waited longest for the verification of its change.
  private func oldest(at now: Timestamp) async throws -> StatusRow.OldestRow? {
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
}
