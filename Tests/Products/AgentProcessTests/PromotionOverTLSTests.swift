import AgentAPI
import Foundation
import TestSupport
import Testing

/// Promotion and fencing of real agents over TLS with a private authority: two sites and three, orders of a third one, kills in between.
@Suite(.serialized) struct PromotionOverTLSTests {
  private typealias Site = SiteGroupFixture.Site
  private static let ids = ["group/one", "group/two"]

  /// Oslo as the primary of these secondaries, all started and settled.
  private static func withGroup(
    _ secondaries: [SiteGroupFixture.Site], denied: Set<SiteGroupFixture.Site> = [],
    _ body: (SiteGroupFixture, inout [SiteGroupFixture.Site: ChildProcess]) async throws -> Void
  ) async throws {
    try await withTemporaryDirectory("group") { directory in
      let group = try SiteGroupFixture(directory)
      for id in ids {
        var builder = RepositoryBuilder()
        builder.ref("refs/heads/main", at: builder.commit(["a": "of \(id)"]))
        _ = try builder.build(at: group.repository(id, at: .oslo))
      }
      try group.configurePrimary(.oslo, secondaries: secondaries, denied: denied)
      for site in secondaries { try group.configureSecondary(site, of: .oslo) }
      var agents = [Site.oslo: try group.start(.oslo)]
      for site in secondaries { agents[site] = try group.start(site) }
      for site in secondaries { try await group.untilEqual(site, .oslo, ids) }
      let result: Result<Void, any Error>
      do { result = .success(try await body(group, &agents)) } catch { result = .failure(error) }
      for agent in agents.values { agent.kill() }
      await group.close()
      try result.get()
    }
  }

  private static func promote(
    _ site: SiteGroupFixture.Site, _ group: SiteGroupFixture, force: Bool = false
  ) async throws -> ProcessOutcome {
    force ? try await group.remora("promote", "--force", at: site) : try await group.remora("promote", at: site)
  }

  private static func end(
    _ site: SiteGroupFixture.Site, _ agents: inout [SiteGroupFixture.Site: ChildProcess], by signal: Int32 = SIGKILL
  ) async throws {
    guard let agent = agents.removeValue(forKey: site) else { return }
    try await SiteGroupFixture.end(agent, by: signal)
  }

  private static func isRefused(_ site: SiteGroupFixture.Site, _ group: SiteGroupFixture) async throws -> Bool {
    let push = try await group.remora("event", "push", SiteGroupFixture.kind, ids[0], at: site)
    return !push.isSuccess && push.errorText.contains("replaced by")
  }

  @Test func `a dead primary is fenced when it is back, and a killed new one goes on fencing`() async throws {
    try await Self.withGroup([.berlin]) { group, agents in
      try await Self.end(.oslo, &agents)
      let done = try await Self.promote(.berlin, group, force: true)
      #expect(done.isSuccess && done.text.contains("fenced as soon as it answers"), "\(done.text)\(done.errorText)")
      try await group.until("berlin is the primary") { try await group.status(.berlin).role == .primary }
      try await group.until("its status says why oslo is not fenced") {
        try await group.status(.berlin).problems.contains {
          $0.contains("is not fenced yet") && $0.contains("the last attempt")
        }
      }
      try await Self.end(.berlin, &agents)
      agents[.oslo] = try group.start(.oslo)
      // As long as the new primary is dead, the old one is one.
      #expect(try await group.status(.oslo).fencedBy == nil)
      agents[.berlin] = try group.start(.berlin)
      try await group.until("oslo is fenced") { try await group.status(.oslo).fencedBy == "berlin" }
      try await group.until("berlin's status is rid of it") {
        try await group.status(.berlin).problems.allSatisfy { !$0.contains("former primary") }
      }
      #expect(try await Self.isRefused(.oslo, group))
      try await Self.end(.oslo, &agents)
      agents[.oslo] = try group.start(.oslo)
      #expect(try await group.status(.oslo).fencedBy == "berlin")
      #expect(try await Self.isRefused(.oslo, group))
    }
  }

  @Test func `a promoted site whose configuration says primary by now still fences the one that it replaced`()
    async throws
  {
    try await Self.withGroup([.berlin]) { group, agents in
      try await Self.end(.oslo, &agents)
      #expect(try await Self.promote(.berlin, group, force: true).isSuccess)
      try await group.until("berlin is the primary") { try await group.status(.berlin).role == .primary }
      try await Self.end(.berlin, &agents, by: SIGTERM)
      try group.configurePrimary(.berlin, secondaries: [.oslo, .rome])
      agents[.berlin] = try group.start(.berlin)
      agents[.oslo] = try group.start(.oslo)
      try await group.until("oslo is fenced") { try await group.status(.oslo).fencedBy == "berlin" }
    }
  }

  @Test func `fail over and back ends where it began, with kills between the steps`() async throws {
    try await Self.withGroup([.berlin]) { group, agents in
      #expect(try await Self.promote(.berlin, group).isSuccess)
      try await group.until("berlin is the primary") { try await group.status(.berlin).role == .primary }
      try await Self.end(.berlin, &agents)
      agents[.berlin] = try group.start(.berlin)
      try await group.push("away", to: Self.ids[0], at: .berlin)
      try await Self.end(.oslo, &agents)
      try group.configureSecondary(.oslo, of: .berlin)
      agents[.oslo] = try group.start(.oslo)
      try await group.untilEqual(.oslo, .berlin, Self.ids)
      let back = try await Self.promote(.oslo, group)
      #expect(back.isSuccess && back.text.contains("epoch 2"), "\(back.text)\(back.errorText)")
      // Berlin was neither restarted nor reconfigured: it follows again, in the same process.
      try await group.until("berlin is a secondary again") { try await group.status(.berlin).role == .secondary }
      try await group.until("oslo is the primary again") { try await group.status(.oslo).role == .primary }
      try await group.push("back", to: Self.ids[1], at: .oslo)
      try await group.untilEqual(.berlin, .oslo, Self.ids)
      // The configuration of the beginning, and restarts of both.
      try await Self.end(.oslo, &agents)
      try await Self.end(.berlin, &agents)
      try group.configurePrimary(.oslo, secondaries: [.berlin])
      agents[.oslo] = try group.start(.oslo)
      agents[.berlin] = try group.start(.berlin)
      try await group.push("again", to: Self.ids[0], at: .oslo)
      try await group.untilEqual(.berlin, .oslo, Self.ids)
      let (oslo, berlin) = (try await group.status(.oslo), try await group.status(.berlin))
      #expect(oslo.problems.isEmpty && oslo.epoch == 2 && berlin.epoch == 2, "\(oslo.problems)")
      // And all of it a second time.
      #expect(try await Self.promote(.berlin, group).isSuccess)
      try await group.until("berlin is the primary once more") {
        let status = try await group.status(.berlin)
        return status.role == .primary && status.epoch == 3
      }
      #expect(try await group.status(.oslo).fencedBy == "berlin")
    }
  }

  @Test func `a fenced primary that is promoted by force ends the other's time as primary`() async throws {
    try await Self.withGroup([.berlin]) { group, agents in
      #expect(try await Self.promote(.berlin, group).isSuccess)
      try await group.until("berlin is the primary") { try await group.status(.berlin).role == .primary }
      let again = try await Self.promote(.oslo, group, force: true)
      #expect(again.isSuccess && again.text.contains("epoch 2"), "\(again.text)\(again.errorText)")
      try await group.until("berlin follows oslo again") {
        let (oslo, berlin) = (try await group.status(.oslo), try await group.status(.berlin))
        return oslo.role == .primary && oslo.fencedBy == nil && berlin.role == .secondary && berlin.epoch == 2
      }
      try await group.push("again", to: Self.ids[0], at: .oslo)
      try await group.untilEqual(.berlin, .oslo, Self.ids)
    }
  }

  @Test func `refused orders of a third site leave the fence as it is, and an allowed one by force replaces it`()
    async throws
  {
    try await Self.withGroup([.berlin, .rome]) { group, agents in
      #expect(try await Self.promote(.berlin, group).isSuccess)
      #expect(try await group.status(.oslo).fencedBy == "berlin")
      let fenced = try group.record(.oslo) as NSDictionary
      let orders: [(FenceOrder, String)] = [
        (FenceOrder(epoch: 9, lastEventId: 99_999), "fenced"), (FenceOrder(epoch: 9, lastEventId: 0), "fenced"),
        (FenceOrder(epoch: 1, lastEventId: nil), "old_epoch"), (FenceOrder(epoch: 0, lastEventId: nil), "old_epoch"),
        (FenceOrder(epoch: 1_002, lastEventId: nil), "implausible_epoch"),
        (FenceOrder(epoch: 9_007_199_254_740_991, lastEventId: nil), "implausible_epoch"),
        (FenceOrder(epoch: .max, lastEventId: nil), "invalid_request"),
      ]
      for (order, code) in orders {
        let error = await #expect(throws: AgentFault.self) {
          try await group.ask(.oslo, as: .rome, AgentRoute.fence, order, for: FenceRow.self)
        }
        #expect(error?.code == code, "\(order): \(String(describing: error))")
        #expect(try group.record(.oslo) as NSDictionary == fenced)
        #expect(try await Self.isRefused(.oslo, group))
      }
      try await Self.end(.oslo, &agents)
      agents[.oslo] = try group.start(.oslo)
      #expect(try await group.status(.oslo).fencedBy == "berlin")
      let row = try await group.ask(
        .oslo, as: .rome, AgentRoute.fence, FenceOrder(epoch: 2, lastEventId: nil), for: FenceRow.self)
      #expect(row.fencedBy == "rome" && row.epoch == 2)
      // Berlin, as oslo reports, is no primary any more.
      try await group.until("berlin has stepped down") { try await group.status(.berlin).role == .secondary }
    }
  }

  @Test func `an ordinary request replaces no primary, whatever its token says, nor does a site that may not`()
    async throws
  {
    try await Self.withGroup([.berlin, .rome], denied: [.rome]) { group, agents in
      let catalog = AgentRoute.catalog(SiteGroupFixture.kind)
      for epoch in [1, 999, 1_001, 9_007_199_254_740_991, 9_007_199_254_740_992, UInt64.max] {
        let page = try await group.ask(.oslo, as: .rome, epoch: epoch, catalog, for: CatalogPageRow.self)
        #expect(page.rows.count == Self.ids.count)
        let status = try await group.status(.oslo)
        #expect(status.fencedBy == nil && status.epoch == 0)
      }
      for order in [FenceOrder(epoch: 1, lastEventId: nil), FenceOrder(epoch: 1, lastEventId: 0)] {
        let error = await #expect(throws: AgentFault.self) {
          try await group.ask(.oslo, as: .rome, AgentRoute.fence, order, for: FenceRow.self)
        }
        #expect(error?.code == "may_not_promote" && error?.status == 403)
      }
      let dry = try await group.remora("promote", "--dry-run", at: .rome)
      #expect(dry.status == 1 && dry.text.contains("may_promote: true"), "\(dry.text)\(dry.errorText)")
      #expect(try await group.status(.rome).role == .secondary)
      // A reload removes berlin's permission, and gives it to rome.
      try group.configurePrimary(.oslo, secondaries: [.berlin, .rome], denied: [.berlin])
      agents[.oslo]?.send(signal: SIGHUP)
      try await group.until("rome may") { try await group.remora("promote", "--dry-run", at: .rome).isSuccess }
      #expect(try await !group.remora("promote", at: .berlin).isSuccess)
      try await group.push("on", to: Self.ids[0], at: .oslo)
      try await group.untilEqual(.berlin, .oslo, Self.ids)
      try await group.untilEqual(.rome, .oslo, Self.ids)
    }
  }

  @Test func `restarts of a primary that was fenced in an unfinished promotion do not stop the same order`()
    async throws
  {
    try await Self.withGroup([.berlin]) { group, agents in
      // What a promotion leaves that dies between its two records.
      let last = try await group.status(.oslo).lastEventId
      let row = try await group.ask(
        .oslo, as: .berlin, AgentRoute.fence, FenceOrder(epoch: 1, lastEventId: last), for: FenceRow.self)
      #expect(row.fencedBy == "berlin" && row.lastEventId == last)
      for _ in 0..<2 {
        try await Self.end(.oslo, &agents)
        agents[.oslo] = try group.start(.oslo)
      }
      let again = try await Self.promote(.berlin, group)
      #expect(again.isSuccess && again.text.contains("epoch 1"), "\(again.text)\(again.errorText)")
      try await group.until("berlin is the primary") { try await group.status(.berlin).role == .primary }
    }
  }

  @Test func `kills of either site in the middle of a promotion leave one primary once it is given again`() async throws
  {
    try await Self.withGroup([.berlin]) { group, agents in
      // A stopped primary holds a promotion where it asks; then moments spread over a promotion, wherever they hit.
      for round in 0..<6 {
        let (victim, isHeld): (Site, Bool) = (round.isMultiple(of: 2) ? .berlin : .oslo, round < 2)
        let alone = try await group.remora("promote", "--dry-run", at: .berlin).duration
        if isHeld { agents[.oslo]?.send(signal: SIGSTOP) }
        let promoting = try BuiltProgram.remora(
          ["promote"], environment: ["REMORA_CONFIG": group.configuration(of: .berlin)])
        _ = promoting.waitUntil(within: isHeld ? .milliseconds(500) + alone * 4 : alone * (round - 1) / 4) { false }
        #expect(promoting.isRunning || !isHeld, "the promotion waits for the stopped primary")
        try await Self.end(victim, &agents)
        agents[.oslo]?.send(signal: SIGCONT)
        let outcome: ProcessOutcome = try await promoting.outcome()
        #expect(!outcome.isSuccess || !isHeld, "it ended before it was killed: \(outcome.text)")
        agents[victim] = try group.start(victim)
        let statuses = (try await group.status(.oslo), try await group.status(.berlin))
        let primaries = [statuses.0, statuses.1].count { $0.role == .primary && $0.fencedBy == nil }
        #expect(primaries <= 1, "round \(round): \(statuses.0.role) \(statuses.1.role)")
        if statuses.1.role == .primary { break }
      }
      try await group.until("the promotion comes to its end") {
        if try await group.status(.berlin).role == .primary { return true }
        return try await Self.promote(.berlin, group).isSuccess
      }
      try await group.until("berlin is the primary and oslo is fenced") {
        let (oslo, berlin) = (try await group.status(.oslo), try await group.status(.berlin))
        return berlin.role == .primary && oslo.fencedBy == "berlin"
      }
      try await group.push("after", to: Self.ids[0], at: .berlin)
    }
  }
}
