package import BoundedHTTP
package import EventLog

/// The bounds and the identity of a site's transfers, each with its default.
package struct SiteSettings: Sendable {
  /// The bounds of one transfer.
  package var transfers = TransferLimits()
  /// Credentials for source hosts.
  package var credentials = SourceCredentials()
  /// PEM file with the certificates to trust in place of the system's.
  package var caFile: String?
  /// Signs requests to the primary; `nil` where it does not ask which site sends them.
  package var signer: (any RequestSigner)?
  /// Threads for syncs, readings and listings.
  package var jobThreads = 8
  /// Connections of Git transfers to one host at a time.
  package var connectionsPerHost = 8
  /// How long copies keep what refs have dropped.
  package var historyAge = Duration.seconds(30 * 86_400)
  /// What the event log keeps of what not all secondaries have read.
  package var retention = EventLogSettings.Retention()

  /// The defaults.
  package init() {}
}

/// Bounds of the transfers of a site, each with its default.
package struct TransferLimits: Hashable, Sendable {
  /// From the first packet to the end of the TLS handshake.
  package var connect = Duration.seconds(30)
  /// How long a host may move no byte.
  package var silence = Duration.seconds(60)
  /// One whole sync.
  package var run = Duration.seconds(6 * 3_600)
  /// Refs in one listing.
  package var advertisedRefs = 5_000_000
  /// Bytes of one listing.
  package var advertisementBytes = 1 << 30
  /// Bytes of one packfile.
  package var packBytes = 100 << 30
  /// Objects of one packfile.
  package var packObjects = 50_000_000
  /// Bytes of one file.
  package var blobBytes: UInt64 = 1 << 40
  /// Bytes that must stay free on the disk of the copies.
  package var freeBytesToKeep: UInt64 = 64 << 20

  /// The defaults.
  package init() {}
}
