internal import DurableFiles
internal import GitTransport
internal import Mirroring
package import Replication
internal import WorkerPool

extension StrategyError {
  /// Translates what the rooms below throw, with the decision whose failure it is: the one place where that is known.
  ///
  /// | Whose | What |
  /// |---|---|
  /// | the host's | no way to it, TLS, refusals, 429, 5xx; `SourceHosts` of an agent separates those that are of one repository |
  /// | this machine's | a full or read-only disk, no more open files, no memory, a program that is not installed |
  /// | the copy's | damaged, of the wrong kind, locked by another program, not readable |
  /// | the connection's | it ended, or fell silent, in the middle of an answer |
  package init(_ error: any Error, _ operation: String, _ subject: String) {
    switch error {
    case let error as StrategyError: self = error
    case let error as MirrorError: self.init(mirror: error)
    case let error as TransportError: self.init(mirror: MirrorError(error, destination: subject))
    case let error as FileError: self.init(mirror: MirrorError(error, destination: subject))
    case LockError.failed(let error): self.init(mirror: MirrorError(error, destination: subject))
    // A program that works on one copy keeps us from no other.
    case let error as LockError: self.init(.busy, "\(operation) '\(subject)': \(error)")
    case is Cancelled, is CancellationError:
      self.init(.cancelled, "\(operation) '\(subject)': cancelled", disposition: .host)
    default: self.init(.fileSystem, "\(operation) '\(subject)': \(error)", disposition: .host)
    }
  }

  private init(mirror error: MirrorError) {
    let code = error.code.rawValue
    let hint = Self.hints[code] ?? error.hint
    let text = hint.isEmpty ? error.message : "\(error.message); \(hint)"
    if Self.meansMissing.contains(code) {
      self.init(.missingOnPrimary, text)
    } else {
      self.init(
        Code(rawValue: code), text,
        disposition: Self.isOfAll.contains(code)
          ? .host : Self.isOfTheConnection.contains(code) ? .connection : .replicable,
        retryAfter: error.retryAfter)
    }
  }

  private static let meansMissing: Set<String> = ["source_not_found"]

  /// Unreachable, refusing, or this machine's own trouble: another replicable would fail in the same way.
  private static let isOfAll: Set<String> = [
    "authentication_failed", "cancelled", "connection_refused", "destination_io", "destination_unwritable",
    "disk_full", "dns_failed", "git_missing", "host_key_changed", "host_key_revoked", "host_key_unknown",
    "out_of_resources", "rate_limited", "redirect_refused", "server_error", "source_access_denied",
    "source_unreachable", "ssh_missing", "tls_failed",
  ]

  /// In the middle of an answer: it may be the host's failure or the repository's.
  private static let isOfTheConnection: Set<String> = ["connection_lost", "timeout"]

  /// What an operator of an agent does, where the hint of a run by hand names an option of its command.
  private static let hints: [String: String] = [
    "destination_not_a_copy": "move it away, or take it over by hand with 'remora mirror SOURCE COPY --adopt'",
    "destination_other_source": "move it away, or take it over by hand with 'remora mirror SOURCE COPY --adopt'",
    "destination_shallow": "move it away, and it is fetched anew",
    "destination_partial": "move it away, and it is fetched anew",
    "destination_grafted": "move it away, and it is fetched anew",
    "destination_borrowing": "move it away, and it is fetched anew",
    "disk_full": "free some space on the disk of the copies, or lower limits.free_disk; the copy is as it was",
    "ssh_missing": "install it, or write sources.ssh.client: libssh2",
    "timeout": "raise limits.silence or limits.run if it always takes so long; the copy is as it was",
  ]
}
