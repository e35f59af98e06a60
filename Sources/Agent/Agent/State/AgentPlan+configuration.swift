internal import EventLog
internal import Foundation
package import Replication
package import Scheduling
package import SiteAssembly
package import SiteTokens

extension AgentPlan {
  /// Creates the plan of a configuration.
  ///
  /// - Parameter now: this site's clock, for its tokens.
  /// - Throws: `SecretFileError` when the secret cannot be read.
  package init(
    _ configuration: AgentConfiguration, epoch: SiteEpoch, now: @escaping @Sendable () -> Timestamp
  ) async throws {
    let siteRole = configuration.siteRole(epoch.record)
    let role: Role
    var former: PrimaryAddress?
    switch siteRole {
    case .listed: role = .secondary(of: nil)
    case .secondary: role = .secondary(of: try await configuration.askedAddress(epoch, now))
    case .promoted:
      // The configuration still has the former role: the replaced site may follow this one, with the same secret.
      role = .primary(secondaries: configuration.formerName(epoch.record).map { [$0] } ?? [])
      former = try await configuration.askedAddress(epoch, now)
    case .primary, .fenced:
      role = .primary(secondaries: configuration.secondaries.map(\.name.text))
      former = try await configuration.askedAddress(epoch, now)
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
  }

  /// Returns the kinds with all of their rules combined: names of directories, ids, and the selections of earlier kinds
  /// with the same root.
  package static func kinds(_ configuration: AgentConfiguration) -> [KindPlan] {
    let configured = configuration.kinds
    return configured.indices.map { index in
      var kind = KindPlan(configured[index].kind)
      for earlier in configured[..<index] where earlier.kind.root == kind.root && earlier.kind.dataType == kind.dataType
      {
        kind.selection = kind.selection.without(earlier.kind.selection)
      }
      kind.selection = kind.selection.and(configured[index].selectiveSync)
      kind.allowedRoots = configured[index].allowedRoots
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

extension AgentPlan {
  /// Signs requests to the primary, or to the one that this site has replaced; `nil` where there is none.
  package var signer: SiteSigner? {
    if case .secondary(let primary?) = role { return primary.signer as? SiteSigner }
    return former?.signer as? SiteSigner
  }
}

extension AgentConfiguration {
  /// Returns the site that this one sends requests to: its configured primary; for a configured primary that was
  /// promoted, the replaced agent, which is now one of its secondaries.
  private func asked(_ record: EpochRecord) -> (url: String, name: SiteName?, secretFile: String)? {
    if let primary { return (primary.url, primary.name, primary.secretFile) }
    guard let promotion = record.promotion,
      let former = secondaries.first(where: { $0.name.text == promotion.formerName })
    else { return nil }
    return (promotion.formerURL, former.name, former.secretFile)
  }

  /// Returns an issuer of tokens for that site, with the present secret of its file; `nil` where there is none.
  ///
  /// - Throws: `SecretFileError`.
  package func issuer(_ epoch: SiteEpoch) async throws -> SiteTokenIssuer? {
    guard let asked = asked(epoch.record) else { return nil }
    return await SiteTokenIssuer(site: name, audience: asked.name, secret: try SiteSecret(file: asked.secretFile)) {
      epoch.record.epoch
    }
  }

  /// Returns the address of that site, with the signer of requests to it.
  ///
  /// - Throws: `SecretFileError`.
  fileprivate func askedAddress(
    _ epoch: SiteEpoch, _ now: @escaping @Sendable () -> Timestamp
  ) async throws -> AgentPlan.PrimaryAddress? {
    guard let url = asked(epoch.record)?.url, let issuer = try await issuer(epoch) else { return nil }
    let signer = SiteSigner(url: url, issuer: issuer) {
      Date(timeIntervalSince1970: now().secondsSince1970)
    }
    return AgentPlan.PrimaryAddress(url: url, caFile: tls.caFile, signer: signer)
  }
}
