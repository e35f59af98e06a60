internal import AgentAPI
internal import EventLog
internal import Replication

extension SecondaryAgent {
  /// Makes this secondary the primary, after determining the changes that would be lost; see `Agent.promote`.
  ///
  /// - Throws: `AgentFault` 409 where there is nothing to promote.
  func promote(_ order: PromotionOrder, _ epoch: SiteEpoch) async throws -> PromotionRow {
    guard let former = site.former else {
      throw AgentFault(
        409, "wrong_role", "promote: this site follows hosts without an agent, and replaces none of them",
        hint: "change its role in the configuration")
    }
    let record = epoch.record
    var row = PromotionRow(
      site: plan.site, epoch: try EpochRange.promotion(after: record.epoch), lastEventId: try await lastEventID)
    row.formerUrl = former.url
    try await look(&row)
    let standing = await ask(former, &row, known: record.epoch)
    // It was fenced by this site before, in an unfinished promotion: the same order again.
    if let standing {
      let next = standing.fencedBy == plan.site ? standing.epoch : try EpochRange.promotion(after: standing.epoch)
      row.epoch = max(row.epoch, next)
    }
    guard !order.isDryRun, row.problems.isEmpty || order.isForced else { return row }
    if standing != nil {
      do {
        _ = try await former.fence(FenceOrder(epoch: row.epoch, lastEventId: order.isForced ? nil : row.lastEventId))
        row.isFormerFenced = true
      } catch {
        row.problems.append("the primary was not fenced: \(error)")
        guard order.isForced else { return row }
      }
    }
    try epoch.promote(
      row.epoch,
      .init(
        at: "\(environment.now())", formerURL: former.url, formerName: standing?.site ?? former.name(),
        lastEventID: row.lastEventId, isFormerFenced: row.isFormerFenced))
    row.isPromoted = true
    return row
  }

  /// - Parameter known: this site's epoch.
  /// - Returns: `nil` for a primary that cannot be reached, or whose answer is invalid.
  private func ask(_ former: FormerPrimary, _ row: inout PromotionRow, known: UInt64) async -> FenceRow? {
    do {
      let standing = try await former.standing()
      row.formerLastEventId = standing.lastEventId
      if let other = standing.fencedBy, other != plan.site {
        row.problems.append("'\(other)' is the primary already, epoch \(standing.epoch)")
      }
      if standing.lastEventId != row.lastEventId {
        row.problems.append(
          "the primary's last event is \(standing.lastEventId), here it is \(row.lastEventId): wait until it was taken in"
        )
      }
      if standing.mayPromote == false {
        row.problems.append(
          "the primary's configuration does not let this site replace it: say 'may_promote: true' for '\(plan.site)' there"
        )
      }
      guard EpochRange.isReachable(standing.epoch, from: known) else {
        throw AgentFault(
          0, "implausible_epoch",
          "its epoch \(standing.epoch) is more than \(EpochRange.longestStep) ahead of ours, \(known)",
          hint: "if it is right, 'remora epoch set' here")
      }
      return standing
    } catch {
      row.formerFailure = "\(error)"
      row.problems.append(
        "the primary cannot be asked, so what is only there is not known; the last event seen is \(row.lastEventId):"
          + " \(error)")
      return nil
    }
  }

  private var lastEventID: UInt64 {
    get async throws { try await site.secondary.followedCursor()?.id ?? 0 }
  }

  // MARK: What would be lost

  private func look(_ row: inout PromotionRow) async throws {
    for root in site.roots {
      if let refusal = root.refusal { row.problems.append(refusal.message) }
    }
    for kind in site.secondary.kinds {
      let registry = try site.secondary.registry(of: kind.name)
      let isChecked = try site.secondary.strategy(of: kind.name).needsUpkeep
      var found = PromotionRow.KindRow(
        replicableName: kind.name.text, count: 0, unsynced: 0, unverified: 0, unchecked: 0, examples: [])
      var last: ReplicableID?
      while true {
        let window = try await registry.window(after: last, limit: Self.lookWindow)
        for entry in window { Self.add(entry, isChecked: isChecked, to: &found) }
        guard window.count == Self.lookWindow, let end = window.last?.replicableID else { break }
        last = end
      }
      row.kinds.append(found)
      let counted = [
        (found.unsynced, "are not synced"), (found.unverified, "are not verified"),
        (found.unchecked, "were never checked object by object, or are damaged"),
      ]
      for (count, what) in counted where count > 0 {
        row.problems.append("\(count) of \(found.count) of '\(kind.name)' \(what)")
      }
      if try await !site.secondary.isEnabled(kind) {
        row.problems.append("the feature of '\(kind.name)' is off: its copies are old")
      }
    }
  }

  private static let lookWindow = 5_000
  private static let exampleLimit = 100

  private static func add(_ entry: RegistryEntry, isChecked: Bool, to row: inout PromotionRow.KindRow) {
    row.count += 1
    let reason: String
    if entry.state != .synced {
      row.unsynced += 1
      reason = "\(entry.state.rawValue)\(entry.lastSyncFailure.map { ", \($0)" } ?? "")"
    } else if entry.verificationState != .succeeded {
      row.unverified += 1
      reason = "verification \(entry.verificationState.rawValue)\(entry.verificationFailure.map { ", \($0)" } ?? "")"
    } else if isChecked, entry.checkedAt == nil || entry.checkFailure != nil {
      row.unchecked += 1
      reason = entry.checkFailure.map { "damaged, \($0)" } ?? "never checked object by object"
    } else {
      return
    }
    if row.examples.count < exampleLimit { row.examples.append("\(entry.replicableID): \(reason)") }
  }
}
