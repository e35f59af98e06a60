package import AgentAPI
internal import EventLog
internal import Replication
internal import RepositoryReplication
internal import WorkerPool

extension Agent {
  /// The version that this program calls itself.
  package static let version = "0.1.0"

  /// A secondary asks at least once a minute; one that has missed five turns is away.
  private static let longSilence = Duration.seconds(300)

  /// The site at a glance. Healthy means: nothing in it needs a person.
  package func status() async throws -> StatusRow { try await statuses.get { try await self.currentStatus() } }

  private func currentStatus() async throws -> StatusRow {
    var status = StatusRow(site: plan.site, role: role, version: Self.version, startedAt: "\(startedAt)")
    status.url = plan.url
    switch site {
    case .primary(let site): try await fill(&status, from: site)
    case .secondary(let site): try await fill(&status, from: site)
    }
    if let epoch = plan.epoch { fill(&status, from: epoch.record) }
    status.isHealthy = status.problems.isEmpty
    return status
  }

  private func fill(_ status: inout StatusRow, from record: EpochRecord) {
    status.epoch = record.epoch
    guard case .primary = site else { return }
    if let fence = record.fence {
      status.fencedBy = fence.by
      status.problems.insert(
        "this primary was replaced by '\(fence.by)' at \(fence.at) and refuses everything: make it a secondary of it in the"
          + " configuration, or 'remora promote --force'", at: 0)
    }
    if let promotion = record.promotion, plan.former != nil {
      if !promotion.isFormerFenced {
        status.problems.append(
          "the former primary at \(promotion.formerURL) does not know yet that it was replaced: see that nobody pushes there"
        )
      }
      if promotion.formerName == nil {
        status.problems.append(
          "the former primary's name is not known: no site may follow this one until the configuration"
            + " says role: primary and its secondaries")
      }
    }
  }

  // MARK: A primary

  private func fill(_ status: inout StatusRow, from site: PrimarySite) async throws {
    for kind in site.primary.kinds {
      var row = StatusRow.KindRow(
        name: kind.name.text, plural: kind.namePlural, isEnabled: try await site.primary.isEnabled(kind))
      let counts = try await site.primary.states(of: kind.name).counts()
      row.count = counts.values.reduce(0, +)
      row.verificationStates = Self.byName(counts)
      if let scan = site.scans.lastReport(of: kind.name) {
        row.lastScanAt = "\(scan.endedAt)"
        row.isCatalogComplete = scan.isComplete
        row.skipped = scan.skipped.map { "\($0.path): \($0.reason)" }
        // Empty from the first day on is no loss.
        if !scan.isComplete, row.count > 0 || scan.skipped.count > 1 || scan.count > 0 {
          status.problems.append(
            "the listing of '\(kind.name)' is not complete, and no secondary removes anything until it is:"
              + " \(row.skipped.first ?? "remora status --json shows what was skipped")")
        }
      }
      if let failure = site.scans.lastFailure(of: kind.name) {
        status.problems.append("'\(kind.name)' cannot be scanned: \(failure)")
      }
      if !row.isEnabled { status.problems.append("the feature of '\(kind.name)' is off: nothing of it is published") }
      if let failed = counts[.failed], failed > 0 {
        status.problems.append("\(failed) of '\(kind.name)' have no checksum: remora registry list --state failed")
      }
      status.kinds.append(row)
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
      status.problems += problems(of: row)
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
    let paused = await site.scheduler.pauseReason(of: site.primaryHost)
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
    if let paused { status.problems.append("work rests: \(paused)") }
    status.lastEventId = try await site.secondary.kinds.asyncMap {
      try await site.secondary.registry(of: $0.name).cursor()?.id ?? 0
    }.min()
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
    row.removalsWaiting = try await site.secondary.waitingRemovals(kind.name).map(\.text)
    row.isCatalogComplete = site.consistency.lastReport(of: kind.name)?.isComplete
    return row
  }

  private func problems(of row: StatusRow.KindRow) -> [String] {
    var problems: [String] = []
    if !row.isEnabled { problems.append("the feature of '\(row.name)' is off: its copies grow old") }
    if let failed = row.states["failed"], failed > 0 {
      problems.append("\(failed) of '\(row.name)' fail to sync: remora registry list \(row.name) --state failed")
    }
    if row.mismatched > 0 {
      problems.append("\(row.mismatched) of '\(row.name)' differ from the primary: remora registry list \(row.name)")
    } else if let failed = row.verificationStates["failed"], failed > 0 {
      problems.append("\(failed) of '\(row.name)' cannot be verified: remora registry list \(row.name)")
    }
    if row.damaged > 0 {
      problems.append(
        "\(row.damaged) of '\(row.name)' were found damaged and are fetched anew: remora registry list \(row.name)")
    }
    if !row.removalsWaiting.isEmpty {
      problems.append(
        "\(row.removalsWaiting.count) removals of '\(row.name)' wait for a confirmation, because too much would go within a"
          + " day, or a person has restored them: remora registry confirm-removals \(row.name)")
    }
    if row.isCatalogComplete == false, row.count > 0 {
      problems.append("the primary's listing of '\(row.name)' is not complete: nothing is removed until it is")
    }
    return problems
  }

  /// The entry that has waited longest for a verification that sees it.
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

extension Array {
  func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await body(element)) }
    return values
  }
}
