internal import DurableFiles
internal import GitTransport
internal import Mirroring
internal import Replication
internal import WorkerPool

extension StrategyError {
  /// Translates what the rooms below throw, with the decision whose failure it is.
  init(_ error: any Error, _ operation: String, _ subject: String) {
    switch error {
    case let error as StrategyError: self = error
    case let error as MirrorError: self.init(mirror: error)
    case let error as TransportError: self.init(mirror: MirrorError(error, destination: subject))
    case let error as FileError: self.init(mirror: MirrorError(error, destination: subject))
    case let error as LockError: self.init(.busy, "\(operation) '\(subject)': \(error)", disposition: .host)
    case is Cancelled, is CancellationError:
      self.init(.cancelled, "\(operation) '\(subject)': cancelled", disposition: .host)
    default: self.init(.fileSystem, "\(operation) '\(subject)': \(error)", disposition: .host)
    }
  }

  private init(mirror error: MirrorError) {
    let code = error.code.rawValue
    if Self.meansMissing.contains(code) {
      self.init(.missingOnPrimary, error.description)
    } else {
      self.init(
        Code(rawValue: code), error.description,
        disposition: Self.isOfTheHost.contains(code)
          ? .host : Self.isOfTheConnection.contains(code) ? .connection : .replicable)
    }
  }

  private static let meansMissing: Set<String> = ["source_not_found"]

  /// Unreachable, refusing everybody, or this machine's own trouble: another replicable would fail in the same way.
  private static let isOfTheHost: Set<String> = [
    "authentication_failed", "busy", "cancelled", "connection_refused", "destination_io", "destination_unwritable",
    "disk_full", "dns_failed", "git_missing", "rate_limited", "redirect_refused", "server_error",
    "source_access_denied", "source_unreachable", "tls_failed",
  ]

  /// The same error where the other replicables are of other hosts: only this machine's own trouble is everybody's.
  var ofOneHostAmongMany: StrategyError {
    guard disposition == .host, !Self.isOfThisMachine.contains(code.rawValue) else { return self }
    return StrategyError(code, message, disposition: .replicable)
  }

  private static let isOfThisMachine: Set<String> = [
    "busy", "cancelled", "destination_io", "destination_unwritable", "disk_full", "file_system", "git_missing",
  ]

  /// In the middle of an answer: who knows whose fault it was.
  private static let isOfTheConnection: Set<String> = ["connection_lost", "timeout"]
}
