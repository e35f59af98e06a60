package import AgentAPI
package import BoundedHTTP
package import EventLog
internal import Foundation
package import Replication
package import Scheduling
package import SiteAssembly
package import SiteTokens

/// The complete input of an agent before it opens its state: the configuration, with secrets read and defaults filled
/// in.
package struct AgentPlan: Sendable {
  /// The site's name.
  package var site: String
  /// The site's role.
  package var role: Role
  /// Where browsers and other sites reach it; only shown.
  package var url: String?
  /// The state directory, absolute.
  package var state: String
  /// The kinds, in the order of the configuration.
  package var kinds: [KindPlan]
  /// How many jobs run at a time; on a primary `verifications` bounds the readings of checksums.
  package var limits = SchedulerLimits()
  /// The bounds of transfers.
  package var transfers = TransferLimits()
  /// Credentials for source hosts other than the primary.
  package var sources = SourceCredentials()
  /// The age after which a verification, or a primary's reading, is repeated.
  package var verificationInterval = Duration.seconds(7 * 86_400)
  /// The age after which a copy's objects are checked again.
  package var checkInterval = Duration.seconds(30 * 86_400)
  /// How long copies keep objects that refs no longer reach.
  package var historyAge = Duration.seconds(30 * 86_400)
  /// The interval of a primary's scans by the stamps of files.
  package var scanInterval = Duration.seconds(60)
  /// The interval of its full scans.
  package var fullScanInterval = Duration.seconds(3_600)
  /// The lag above which a secondary is not ready.
  package var readyLag = Duration.seconds(900)
  /// How often a secondary compares its registries with the catalog.
  package var consistencyInterval = Duration.seconds(60)
  /// How long the trash keeps a removed copy.
  package var trashAge = Duration.seconds(7 * 86_400)
  /// What the event log keeps for secondaries that do not read.
  package var retention = EventLogSettings.Retention()
  /// The lists of repositories, for kinds whose host has no agent.
  package var rosters: [ReplicableName: RepositoryListSource] = [:]
  /// The notifications for operators.
  package var notifications = NotificationSettings()
  /// The site's record of promotions; `nil` for one that is never promoted.
  package var epoch: SiteEpoch?
  /// The agent that this primary has replaced.
  package var former: PrimaryAddress?
  /// Whether the site is a primary by a promotion, unlike its configuration.
  package var isPromoted = false
  /// Which sites may replace this primary.
  package var promotionRights = PromotionRights()
  /// The settings of polls of such hosts.
  package var polls = PollSettings()
  /// Group whose members may run hooks; `nil` is none.
  package var hookGroup: String?
  /// Maximum concurrent event streams.
  package var streams = 64

  /// The roles of a site.
  package enum Role: Sendable {
    /// The source of truth, with the names of those that follow it.
    case primary(secondaries: [String])
    /// A site of copies; without a primary its kinds have rosters.
    case secondary(of: PrimaryAddress?)
  }

  /// The present role, also after a promotion.
  package var agentRole: AgentRole {
    switch role {
    case .primary: .primary
    case .secondary: .secondary
    }
  }

  /// The address of a secondary's primary, and the signer of requests.
  package struct PrimaryAddress: Sendable {
    /// `http://…` or `https://…`, without a slash at its end.
    package var url: String
    /// PEM file with the certificates to trust in place of the system's.
    package var caFile: String?
    /// Signs requests; `nil` where the primary requires no signature.
    package var signer: (any RequestSigner)?

    /// An address.
    package init(url: String, caFile: String? = nil, signer: (any RequestSigner)? = nil) {
      self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
      self.caFile = caFile
      self.signer = signer
    }
  }

  /// Creates a plan with defaults for all other values.
  package init(site: String, role: Role, state: String, kinds: [KindPlan]) {
    self.site = site
    self.role = role
    self.state = state
    self.kinds = kinds
  }
}

extension AgentPlan {
  /// The part of the plan that `SiteAssembly` opens.
  func sitePlan(environment: SiteEnvironment) -> SitePlan {
    var plan = SitePlan(name: site, state: state, environment: environment)
    plan.kinds = kinds
    plan.settings.transfers = transfers
    plan.settings.credentials = sources
    if case .secondary(let primary?) = role {
      (plan.settings.caFile, plan.settings.signer) = (primary.caFile, primary.signer)
    }
    // It reaches the same hosts as before its promotion.
    if isPromoted { plan.settings.caFile = former?.caFile }
    // Includes threads for jobs that wait for hosts that do not answer (`Slots`, `SchedulerState`).
    plan.settings.jobThreads =
      limits.total + SchedulerLimits.stalledJobs(limits.repositorySyncs)
      + SchedulerLimits.stalledJobs(limits.verifications) + (rosters.isEmpty ? 4 : 64)
    plan.settings.connectionsPerHost =
      limits.repositorySyncs + limits.verifications + (rosters.isEmpty ? 0 : 2 * SchedulerLimits.stalledJobs(0) + 64)
    plan.settings.historyAge = historyAge
    plan.settings.retention = retention
    return plan
  }
}

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
