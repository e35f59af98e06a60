internal import EventLog
internal import RegistryStore
public import Replication

extension SitePlan {
  /// Opens the site as a primary for as long as `body` runs.
  ///
  /// - Parameter secondaries: the names of those that follow it; without any, nothing is published.
  /// - Throws: what opening the state throws (another process owns it, a file is damaged), and what `body` throws.
  public func withPrimary<Answer: Sendable>(
    secondaries: [String], _ body: (Primary) async throws -> Answer
  ) async throws -> Answer {
    let site = try await OpenSite(self)
    do {
      let log = try await DurableEventLog.open(
        site.directory.events, pool: site.storage, now: environment.now)
      do {
        let answer = try await with(site, log, secondaries, body)
        try await log.close()
        await site.close()
        return answer
      } catch {
        // The first error is the one to tell; what was published is durable.
        try? await log.close()
        throw error
      }
    } catch {
      await site.close()
      throw error
    }
  }

  private func with<Answer: Sendable>(
    _ site: OpenSite, _ log: DurableEventLog, _ secondaries: [String], _ body: (Primary) async throws -> Answer
  ) async throws -> Answer {
    var opened: [DurablePrimaryStates] = []
    do {
      var members: [Primary.Member] = []
      for share in shares {
        let states = try await DurablePrimaryStates.open(share.kind.name, in: site.directory, pool: site.storage)
        opened.append(states)
        var member = Primary.Member(
          share.kind, strategy: try site.strategy(of: share), states: states, selection: share.selection,
          source: site.source(of: share))
        member.strategy = outermostStrategy(member.strategy)
        members.append(member)
      }
      let primary = try Primary(
        name: name, secondaries: secondaries, members: members, log: log, features: site.features,
        environment: environment)
      try await primary.recover()
      let answer = try await body(primary)
      for states in opened { await states.close() }
      return answer
    } catch {
      for states in opened { await states.close() }
      throw error
    }
  }
}
