internal import AgentAPI
internal import Replication
internal import Scheduling
internal import SiteAssembly

extension SecondaryAgent {
  func explanation(of id: ReplicableID, _ kind: KindPlan) async throws -> ExplanationRow {
    let name = kind.name
    var row = ExplanationRow(replicableName: name.text, id: id.text, summary: "not tracked")
    guard try await site.secondary.isEnabled(kind.kind) else {
      row.summary = "switched off"
      row.next = "Nothing, until the feature is on again: \(OperatorCommand.enable(kind.kind.featureName))"
      return row
    }
    guard let entry = try await site.secondary.registry(of: name).entry(of: id) else {
      let isSelected = kind.selection.selects(id)
      row.facts.append(
        isSelected ? "No event and no catalog has named it yet." : "The rules of this site do not select it.")
      row.next = isSelected ? "The next comparison with the catalog finds it, if the primary has it." : "Nothing."
      return row
    }
    row.entry = RegistryRow(entry, of: name)
    if let reason = entry.notOffered {
      explain(reason, of: entry, &row)
      return row
    }
    row.differences = try await site.secondary.differences(of: id, name).prefix(100).map {
      DifferenceRow(name: $0.name, expected: $0.expected, found: $0.found)
    }
    explainSync(entry, &row)
    explainVerification(entry, &row)
    if try site.secondary.strategy(of: name).needsUpkeep { explainCheck(entry, &row) }
    if let failure = await site.lookFailure(of: JobKey(name: name, id: id)) {
      row.facts.append(
        "It cannot be asked for changes since \(failure.since) (\(failure.failures) in a row): \(failure.message)")
      if row.summary.hasPrefix("in sync") { row.summary = "as it was when its host last showed it" }
    }
    await explainNext(entry, name, &row)
    return row
  }

  private func explain(_ reason: NotOffered, of entry: RegistryEntry, _ row: inout ExplanationRow) {
    row.summary = "not replicated, \(reason.text)"
    row.facts.append(
      "The primary does not offer it; this site has known that since \(ExplanationRow.time(entry.notOfferedAt)).")
    row.facts.append(
      entry.lastSuccessAt.map { "The copy is as it was synced last, at \($0). It is neither synced nor verified." }
        ?? "There is no copy of it here.")
    row.next = "It is synced when the primary offers it again. The copy stays until then."
  }

  private func explainSync(_ entry: RegistryEntry, _ row: inout ExplanationRow) {
    switch entry.state {
    case .synced: row.summary = "synced"
    case .pending: row.summary = "waiting to be synced"
    case .started: row.summary = "being synced"
    case .failed: row.summary = "failing"
    }
    if let since = entry.announcedAt {
      row.facts.append("Something was announced at \(since) that no verification has seen.")
    }
    if let failure = entry.lastSyncFailure {
      row.facts.append("The last sync failed (\(entry.retryCount) in a row): \(failure)")
    }
    if entry.isRestored {
      row.facts.append(
        "A person has brought it back from the trash; it goes there again only when a removal is confirmed.")
    }
    if entry.missingOnPrimary { row.facts.append("The primary said that it does not have it.") }
    if entry.forceToRedownload { row.facts.append("The next sync fetches everything anew beside the old copy.") }
    if let wanted = entry.wanted {
      let held = entry.held.map { "up to event \($0.id)" } ?? "of no event"
      row.facts.append("It is wanted up to event \(wanted.id); the copy is complete \(held).")
    }
  }

  private func explainVerification(_ entry: RegistryEntry, _ row: inout ExplanationRow) {
    if entry.checksumMismatch {
      row.summary = entry.state == .synced ? "mismatched" : "mismatched, \(row.summary)"
      row.facts.append(
        "The copy's checksum is \(entry.verificationChecksum.map { "\($0)" } ?? "unknown"), the primary's"
          + " \(entry.verificationChecksumMismatched.map { "\($0)" } ?? "unknown"); lines that differ: \(row.differences.count)."
      )
    }
    switch entry.verificationState {
    case .succeeded:
      if row.summary == "synced" { row.summary = "in sync and verified" }
      row.facts.append("It was found equal to the primary at \(ExplanationRow.time(entry.verifiedAt)).")
    case .failed:
      if !entry.checksumMismatch, row.summary == "synced" { row.summary = "synced, not verifiable" }
      if let failure = entry.verificationFailure {
        row.facts.append("The last verification failed (\(entry.verificationRetryCount) in a row): \(failure)")
      }
    case .pending: if row.summary == "synced" { row.summary = "synced, not verified yet" }
    case .started: if row.summary == "synced" { row.summary = "synced, being verified" }
    case .disabled: break
    }
  }

  private func explainCheck(_ entry: RegistryEntry, _ row: inout ExplanationRow) {
    guard let failure = entry.checkFailure else {
      row.facts.append(
        entry.checkedAt.map { "Its objects were found whole at \($0)." } ?? "Its objects were never checked.")
      return
    }
    row.facts.append(
      "The object check at \(ExplanationRow.time(entry.checkedAt)) found (\(entry.checkRetryCount) in a row): \(failure)"
    )
    if row.summary.hasPrefix("in sync") || row.summary.hasPrefix("synced") {
      row.summary = "fetched anew, to be checked again"
    }
    if !entry.forceToRedownload {
      row.facts.append("It was fetched anew since, and is checked again at \(ExplanationRow.time(entry.checkRetryAt)).")
    }
  }

  private func explainNext(
    _ entry: RegistryEntry, _ name: ReplicableName, _ row: inout ExplanationRow
  ) async {
    if let next = await explainRest(entry, name) {
      row.next = next
      return
    }
    let key = JobKey(name: name, id: entry.replicableID)
    if let job = await site.scheduler.jobs.first(where: { $0.key == key }) {
      let doing = site.progress.text(of: key).map { ": \($0)" } ?? ""
      row.next = "A \(job.purpose.rawValue) runs since \(AgentMetrics.rounded(.now - job.startedAt)) s\(doing)."
    } else if let refusal = site.roots.first(where: { $0.kind == name })?.refusal {
      row.next = "Nothing is done with copies of this kind since \(refusal.since): \(refusal.message)"
    } else if let failure = await site.scheduler.obstacle(of: key) {
      let whose = failure.host == SourceHost.machine ? "All work of this machine" : "Work for \(failure.host)"
      let when = failure.retryAt.map { ", and it is tried again at \($0)" } ?? ", and it is being tried now"
      row.next = "\(whose) rests since \(failure.since)\(when): \(failure.message)"
    } else if let failure = await site.lookFailure(of: key), entry.state == .synced {
      row.next = "Its host is asked again at \(failure.retryAt)."
    } else {
      row.next = nextStep(entry, name)
    }
  }

  /// Returns why no work is done on an entry; `nil` when there is no such reason.
  private func explainRest(_ entry: RegistryEntry, _ name: ReplicableName) async -> String? {
    // A kind that is not of this site was refused before.
    guard let feed = try? site.secondary.feedState(of: name),
      let waiting = try? await site.secondary.waitingRemovals(name)
    else { return nil }
    if waiting.contains(entry.replicableID) {
      return
        "Its removal waits for a confirmation: the primary does not have it any more, and too much would go within a day,"
        + " or an operator has restored it. To let it go: \(OperatorCommand.confirmRemovals(name.text))"
    }
    if feed.isUnknownToPrimary {
      return "Nothing, until the primary has the kind '\(name)': add it to the primary's configuration."
    }
    if feed.isOffOnPrimary { return "Nothing, until the feature of '\(name)' is on again on the primary." }
    return nil
  }

  private func nextStep(_ entry: RegistryEntry, _ name: ReplicableName) -> String {
    let id = entry.replicableID.text
    return switch (entry.state, entry.verificationState) {
    case (.failed, _):
      "The sync is tried again at \(ExplanationRow.time(entry.retryAt)); at once with: \(OperatorCommand.resync(name.text, id))"
    case (.pending, _), (.started, _): "It is synced as soon as there is room."
    case (.synced, .failed):
      "The verification is tried again at \(ExplanationRow.time(entry.verificationRetryAt)); at once with: \(OperatorCommand.reverify(name.text, id))"
    case (.synced, .pending), (.synced, .started), (.synced, .disabled): "It is verified as soon as there is room."
    case (.synced, .succeeded): "Nothing, until it changes or the interval of verification is over."
    }
  }
}
