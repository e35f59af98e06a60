package import SystemPackage

/// How repositories are served, and the bounds of it.
package struct GitServingSettings: Sendable {
  /// Name, looked up in the `PATH` of `environment`, or path of the program.
  package var gitExecutable = "git"
  /// Our own environment, of which a part is handed on to git.
  package var environment: [String: String]
  /// Where request bodies lie while a child reads them, in files without a name.
  package var temporaryDirectory: FilePath = "/tmp"
  /// What we call ourselves in the protocol: one word, product and version.
  package var agent = "remora/0.1.0"

  /// How many `git upload-pack` run at once.
  package var maximumChildren = 8
  /// How many of them one asker may have.
  package var maximumChildrenOfAsker = 4
  /// How many requests may wait for one of them to end; the next is refused.
  package var maximumWaiting = 256
  /// How long a request waits for that.
  package var admissionTimeout = Duration.seconds(10)
  /// `Retry-After` of a refusal.
  package var retryAfter = Duration.seconds(5)

  /// The most that the body of a request may have, packed and unpacked each. Fifty bytes for each ref of the copy is what
  /// the haves of a fetch take.
  package var maximumRequestBytes = 64 << 20
  /// How long a request body may take to arrive.
  package var requestTimeout = Duration.seconds(120)
  /// How long a child may say nothing. git itself says something every five seconds while it counts and compresses.
  package var silenceTimeout = Duration.seconds(60)
  /// How long a client may leave unread what a child says.
  package var clientTimeout = Duration.seconds(60)
  /// How long one answer may take in all.
  package var totalTimeout = Duration.seconds(6 * 3600)

  package init(environment: [String: String]) { self.environment = environment }
}

/// One bare repository that is given to others, and on which terms.
package struct ServedRepository: Hashable, Sendable {
  /// The directory itself, absolute.
  package let path: FilePath
  /// Whether refs that `transfer.hideRefs` hides are shown: to other sites all of them are, because a copy without them
  /// is none.
  package let showsHiddenRefs: Bool
  /// Prefixes of ref names, as in `transfer.hideRefs`, that are hidden in addition to those that the repository hides
  /// itself. git serves an object to a client that knows its oid nevertheless.
  package let hiddenRefs: [String]
  /// Whether the directory may belong to another user than ours (`trusted_owners`).
  package let trustsOwner: Bool
  /// Whose share of `git upload-pack` it takes.
  package let asker: Asker

  package init(
    path: FilePath, showsHiddenRefs: Bool, hiddenRefs: [String] = [], trustsOwner: Bool = false,
    asker: Asker = .unknown
  ) {
    self.path = path
    self.showsHiddenRefs = showsHiddenRefs
    self.hiddenRefs = hiddenRefs
    self.trustsOwner = trustsOwner
    self.asker = asker
  }
}
