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
    var role: Role
    var former: PrimaryAddress?
    if let primary = configuration.primary {
      let issuer = await SiteTokenIssuer(
        site: configuration.name, audience: primary.name, secret: try SiteSecret(file: primary.secretFile)
      ) { epoch.record.epoch }
      let signer = SiteSigner(url: primary.url, issuer: issuer) {
        Date(timeIntervalSince1970: Double(now().milliseconds) / 1_000)
      }
      let address = PrimaryAddress(url: primary.url, caFile: configuration.tls.caFile, signer: signer)
      role = .secondary(of: address)
      if configuration.isPromoted(epoch.record) {
        // The configuration still says what the site was: the one that it replaced may follow it, with the same secret.
        role = .primary(secondaries: configuration.formerName(epoch.record).map { [$0] } ?? [])
        former = address
      }
    } else if configuration.role == .secondary {
      role = .secondary(of: nil)
    } else {
      role = .primary(secondaries: configuration.secondaries.map(\.name.text))
    }
    self.init(
      site: configuration.name.text, role: role, state: configuration.state, kinds: Self.kinds(configuration))
    url = configuration.url
    self.epoch = epoch
    self.former = former
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
  /// Whether the site was made the primary although the configuration still says that it is a secondary of the one before.
  package func isPromoted(_ record: EpochRecord) -> Bool {
    record.promotion != nil && record.promotion?.formerURL == primary?.url
  }

  /// The name of the primary that this site has replaced, as far as it is known.
  package func formerName(_ record: EpochRecord) -> String? { primary?.name?.text ?? record.promotion?.formerName }
}
