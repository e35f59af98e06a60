internal import Foundation
package import Replication
package import SiteAssembly
package import SiteTokens
package import SystemPackage
package import Webhooks

/// An agent's configuration: the file, and the environment that overrides it. Holds the names of files with secrets,
/// never a secret.
///
/// The article `Configuration` lists every key.
package struct AgentConfiguration: Sendable {
  /// The role of this site.
  package enum Role: String, CaseIterable, Sendable {
    /// The source of truth.
    case primary
    /// A copy.
    case secondary
  }

  /// `tls`: PEM files.
  package struct TLS: Hashable, Sendable {
    /// The certificate that this agent presents; with `keyFile`, both or none.
    package var certificateFile: String?
    /// Its key.
    package var keyFile: String?
    /// The authorities that are trusted in place of the system's.
    package var caFile: String?
  }

  /// `primary`: the primary of a secondary.
  package struct Primary: Hashable, Sendable {
    /// Scheme, host and port.
    package var url: String
    /// `nil` takes the name from the first answer.
    package var name: SiteName?
    /// The file with the shared secret.
    package var secretFile: String
  }

  /// One of `secondaries`: a site that has access to a primary.
  package struct Secondary: Hashable, Sendable {
    /// Its name.
    package var name: SiteName
    /// The file with the shared secret.
    package var secretFile: String
    /// `may_promote`: whether it may replace this primary by `remora promote` there.
    package var mayPromote = true
  }

  /// One of `replicables`.
  package struct ConfiguredKind: Hashable, Sendable {
    /// The framework's configuration: on a secondary its `selection` applies to the names of directories.
    package var kind: KindConfiguration
    /// Which ids a secondary replicates; all on a primary.
    package var selectiveSync: SelectiveSync
    /// The directories to which symbolic links below the root may point.
    package var allowedRoots: [String]
    /// The list of repositories, where the host has no agent.
    package var roster: RepositoryListSource?
    /// Which readers may read which part of it; `nil` lets every reader read all.
    package var serving: Serving?
    /// The webhook that may report pushes by HTTP, if any.
    package var webhook: Webhook?
    /// The patterns as they were written, to report what a reload changes.
    let patterns: [String: [String]]
  }

  /// `replicables.NAME.serve_git`: the part of a kind that readers may fetch. Sites may fetch everything.
  package struct Serving: Hashable, Sendable {
    /// `role`: the role that a token needs.
    package var role: SiteTokens.Role
    /// `include` and `exclude`: ids.
    package var selection: SelectiveSync
    /// `hide_refs`: prefixes of ref names that are not listed.
    package var hiddenRefs: [String]

    /// The value without any rule.
    package static let everything = Serving(role: .reader, selection: .everything, hiddenRefs: [])
  }

  /// `replicables.NAME.webhook`.
  package struct Webhook: Hashable, Sendable {
    /// `id`: a repository's id by its name at the forge.
    package var mapping: WebhookMapping
    /// `secret_file`.
    package var secretFile: String
  }

  /// The file that was read.
  package var file: String
  /// `site.name`.
  package var name: SiteName
  /// `site.role`.
  package var role: Role
  /// `site.url`: where browsers and other sites reach this agent; only shown.
  package var url: String?
  /// `state`: the agent's own directory.
  package var state: String
  /// `listen`.
  package var listen: ListenAddress
  /// `insecure`: listen without TLS on other addresses than loopback.
  package var isInsecure: Bool
  /// `hosts`: names that the Host header may have in addition to that of `listen`.
  package var hosts: [String]
  /// `trusted_proxies`: reverse proxies whose forwarding headers are trusted.
  package var trustedProxies: [AddressRange]
  /// `tls`.
  package var tls: TLS
  /// `admin_token_file`.
  package var adminTokenFile: String?
  /// `reader_token_file`.
  package var readerTokenFile: String?
  /// `hook_group`: the group that may send events in addition to the agent's user.
  package var hookGroup: String?
  /// `trusted_owners`: users whose repositories are read in addition to those of the agent's user.
  package var trustedOwners: [String]
  /// `serve_git`: always on a primary; off on a secondary unless configured.
  package var servesGit: Bool
  /// `primary`; `nil` on a primary.
  package var primary: Primary?
  /// `secondaries`; empty on a secondary.
  package var secondaries: [Secondary]
  /// `sources`: how a secondary reaches the hosts of `clone_url`.
  package var sources: SourceCredentials
  /// `replicables`, in the order of the file: a directory belongs to the first that includes it.
  package var kinds: [ConfiguredKind]
  /// `limits`.
  package var limits: Limits
  /// All intervals and ages.
  package var times: Times
  /// `events.keep_bytes`: bytes that the event log may keep for a site that does not read.
  package var keepEventBytes: UInt64
  /// `notify`: notifications for operators.
  package var notifications: NotificationSettings
  /// `log.level`: trace, debug, info, notice, warning, error or critical.
  package var logLevel: String
  /// Every setting in one spelling, by key.
  var settings: [String: String]

  /// Bounds.
  package struct Limits: Hashable, Sendable {
    /// Syncs of repositories at a time.
    package var repositorySyncs: Int
    /// Downloads of blobs at a time.
    package var blobDownloads: Int
    /// Verifications at a time.
    package var verifications: Int
    /// Housekeepings at a time.
    package var housekeepings: Int
    /// Object checks at a time.
    package var checks: Int
    /// How long establishing a connection may take.
    package var connect: Duration
    /// How long a server may send nothing.
    package var silence: Duration
    /// How long one sync may take.
    package var run: Duration
    /// Refs that a source may list.
    package var refs: Int
    /// Bytes of a ref listing.
    package var advertisementBytes: UInt64
    /// Bytes of a pack.
    package var packBytes: UInt64
    /// Objects of a pack.
    package var packObjects: Int
    /// Bytes of a blob.
    package var blobBytes: UInt64
    /// Bytes that stay free on the disk of the copies.
    package var freeDisk: UInt64
    /// Bytes of a request's body.
    package var requestBytes: UInt64
    /// Bytes of all bodies together that are kept in memory.
    package var requestMemory: UInt64
    /// Bytes of all requests of git clients together that are kept on disk.
    package var requestSpool: UInt64
    /// Connections at a time.
    package var connections: Int
    /// `limits.connections_per_client`.
    package var connectionsOfClient: Int
    /// `limits.requests_per_second`: of one asker.
    package var requestsPerSecond: Int
    /// `limits.wrong_tokens_per_minute`: of reader and admin tokens, by one client.
    package var wrongTokensPerMinute: Int
    /// `limits.refusals_per_minute`: wrong tokens of sites and wrong signatures, by one client.
    package var refusalsPerMinute: Int
    /// `git upload-pack` at a time.
    package var uploadPacks: Int
    /// `limits.upload_packs_per_asker`.
    package var uploadPacksOfAsker: Int
    /// Bytes a second that a client must read.
    package var minimumRate: UInt64
    /// Event streams at a time.
    package var streams: Int
    /// `poll.per_minute`: polls of one host.
    package var pollsPerMinute: Int
  }

  /// Intervals and ages.
  package struct Times: Hashable, Sendable {
    /// `verification.interval`.
    package var verification: Duration
    /// `check.interval`.
    package var check: Duration
    /// `history.keep`: retention of objects that refs no longer reach.
    package var keepHistory: Duration
    /// `poll.min_interval` and `poll.max_interval`.
    package var poll: ClosedRange<Duration>
    /// `scan.interval`: by stat.
    package var scan: Duration
    /// `scan.full_interval`: every ref.
    package var fullScan: Duration
    /// `ready.lag`: the lag above which a secondary is not ready.
    package var readyLag: Duration
    /// `consistency.interval`.
    package var consistency: Duration
    /// `trash.keep`.
    package var keepTrash: Duration
    /// `events.keep`: retention of events that a site has not read.
    package var keepEvents: Duration
  }
}

/// Reads parts of a configuration without access to the secrets that it names: hooks run as the pushing users.
extension AgentConfiguration {
  /// Does the same as `read`, without checking the files and directories that it names.
  package static func readText(_ path: String, environment: [String: String]) throws -> AgentConfiguration {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw ConfigurationError(
        path,
        [.init(line: 0, column: 0, key: "", message: "cannot be read; make it, correct the path, or ask its owner")])
    }
    return try read(Array(bytes), file: path, environment: environment, checksFiles: false)
  }

  /// Parses a duration as the configuration writes it, such as `90d`; `nil` for invalid text.
  package static func duration(of text: String) -> Duration? { Decimal.duration(text) }

  /// Returns the state directory.
  package static func stateDirectory(_ path: String, environment: [String: String]) throws -> String {
    try readText(path, environment: environment).state
  }

  /// Returns kind and id of the repository in a directory, of the first kind that includes it; `nil` when it belongs to
  /// none.
  package func replicable(at directory: FilePath) -> (name: String, id: String)? {
    let path = Self.resolved(directory.string)
    for kind in AgentPlan.kinds(self) where kind.dataType == .repository {
      let root = Self.resolved(kind.root)
      guard path.hasPrefix(root + "/"), path.hasSuffix(".git") else { continue }
      let text = String(path.dropFirst(root.count + 1).dropLast(".git".count))
      // A directory whose name is no valid id belongs to no kind; the scan reports it.
      guard let id = try? ReplicableID(text), kind.selection.selects(id) else { continue }
      return (kind.name.text, text)
    }
    return nil
  }

  private static func resolved(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
