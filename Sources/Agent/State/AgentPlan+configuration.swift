internal import EventLog
internal import Foundation
package import Replication
internal import SiteTokens

extension AgentPlan {
  /// What a configuration asks for.
  ///
  /// - Parameter now: this site's clock, for its tokens.
  /// - Throws: `SecretFileError` when the secret cannot be read any more.
  package init(
    _ configuration: AgentConfiguration, epoch: SiteEpoch, now: @escaping @Sendable () -> Timestamp
  ) async throws {
    let siteRole = configuration.siteRole(epoch.record)
    let role: Role
    var former: PrimaryAddress?
    switch siteRole {
    case .listed: role = .secondary(of: nil)
    case .secondary: role = .secondary(of: try await configuration.primaryAddress(epoch, now))
    case .promoted:
      // The configuration still says what the site was: the one that it replaced may follow it, with the same secret.
      role = .primary(secondaries: configuration.formerName(epoch.record).map { [$0] } ?? [])
      former = try await configuration.primaryAddress(epoch, now)
    case .primary, .fenced:
      role = .primary(secondaries: configuration.secondaries.map(\.name.text))
      former = try await configuration.formerAddress(epoch, now)
    }
    self.init(
      site: configuration.name.text, role: role, state: configuration.state, kinds: Self.kinds(configuration))
    url = configuration.url
    self.epoch = epoch
    self.former = former
    isPromoted = siteRole == .promoted
    promotionRights = PromotionRights(configuration.promotionRights(epoch.record))
    limits = SchedulerLimits(configuration.limits)
    transfers.connect = configuration.limits.connect
    transfers.silence = configuration.limits.silence
    transfers.run = configuration.limits.run
    transfers.advertisedRefs = configuration.limits.refs
    transfers.advertisementBytes = Int(clamping: configuration.limits.advertisementBytes)
    transfers.packBytes = Int(clamping: configuration.limits.packBytes)
    transfers.packObjects = configuration.limits.packObjects
    transfers.blobBytes = configuration.limits.blobBytes
    transfers.freeBytesToKeep = configuration.limits.freeDisk
    sources = configuration.sources
    verificationInterval = configuration.times.verification
    checkInterval = configuration.times.check
    historyAge = configuration.times.keepHistory
    scanInterval = configuration.times.scan
    fullScanInterval = configuration.times.fullScan
    readyLag = configuration.times.readyLag
    consistencyInterval = configuration.times.consistency
    trashAge = configuration.times.keepTrash
    retention = .init(bytes: Int(clamping: configuration.keepEventBytes), age: configuration.times.keepEvents)
    hookGroup = configuration.hookGroup
    rosters = Dictionary(
      uniqueKeysWithValues: configuration.kinds.compactMap { kind in kind.roster.map { (kind.kind.name, $0) } })
    notifications = configuration.notifications
    streams = configuration.limits.streams
    polls.interval = configuration.times.poll
    polls.perMinute = configuration.limits.pollsPerMinute
    allowedRoots = Dictionary(
      uniqueKeysWithValues: configuration.kinds.map { ($0.kind.name, $0.allowedRoots) })
  }

  /// The kinds with all their rules in one: names of directories, ids, and what an earlier kind of the same root has taken.
  package static func kinds(_ configuration: AgentConfiguration) -> [KindConfiguration] {
    let configured = configuration.kinds
    return configured.indices.map { index in
      var kind = configured[index].kind
      for earlier in configured[..<index] where earlier.kind.root == kind.root && earlier.kind.dataType == kind.dataType
      {
        kind.selection = kind.selection.without(earlier.kind.selection)
      }
      kind.selection = kind.selection.and(configured[index].selectiveSync)
      return kind
    }
  }
}

extension SchedulerLimits {
  /// Those of a configuration.
  package init(_ limits: AgentConfiguration.Limits) {
    self.init(
      repositorySyncs: limits.repositorySyncs, blobDownloads: limits.blobDownloads,
      verifications: limits.verifications, housekeepings: limits.housekeepings, checks: limits.checks)
  }
}

extension AgentConfiguration {
  /// The configured primary, with what proves to it which site asks.
  ///
  /// - Throws: `SecretFileError`.
  fileprivate func primaryAddress(
    _ epoch: SiteEpoch, _ now: @escaping @Sendable () -> Timestamp
  ) async throws -> AgentPlan.PrimaryAddress? {
    guard let primary else { return nil }
    return await address(
      primary.url, audience: primary.name, try SiteSecret(file: primary.secretFile), epoch, now)
  }

  /// The agent that this site has replaced, for a site whose configuration has called it the primary since: it is one of the
  /// secondaries by now.
  ///
  /// - Throws: `SecretFileError`.
  fileprivate func formerAddress(
    _ epoch: SiteEpoch, _ now: @escaping @Sendable () -> Timestamp
  ) async throws -> AgentPlan.PrimaryAddress? {
    guard let promotion = epoch.record.promotion,
      let former = secondaries.first(where: { $0.name.text == promotion.formerName })
    else { return nil }
    return await address(
      promotion.formerURL, audience: former.name, try SiteSecret(file: former.secretFile), epoch, now)
  }

  private func address(
    _ url: String, audience: SiteName?, _ secret: SiteSecret, _ epoch: SiteEpoch,
    _ now: @escaping @Sendable () -> Timestamp
  ) async -> AgentPlan.PrimaryAddress {
    let issuer = await SiteTokenIssuer(site: name, audience: audience, secret: secret) { epoch.record.epoch }
    let signer = SiteSigner(url: url, issuer: issuer) {
      Date(timeIntervalSince1970: Double(now().milliseconds) / 1_000)
    }
    return AgentPlan.PrimaryAddress(url: url, caFile: tls.caFile, signer: signer)
  }
}
