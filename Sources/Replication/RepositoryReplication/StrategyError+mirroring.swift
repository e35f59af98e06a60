internal import DurableFiles
internal import GitTransport
internal import Mirroring
package import Replication
internal import WorkerPool

extension StrategyError {
  /// Translates the errors of a mirror and of the targets below it. Their disposition is taken over.
  package init(_ error: any Error, _ operation: String, _ subject: String) {
    switch error {
    case let error as StrategyError: self = error
    case let error as MirrorError: self.init(mirror: error)
    case let error as TransportError: self.init(mirror: MirrorError(error, operation, subject))
    case let error as FileError: self.init(mirror: MirrorError(error, operation, subject))
    case LockError.failed(let error): self.init(mirror: MirrorError(error, operation, subject))
    // A program that works on one copy blocks no other.
    case let error as LockError: self.init(.busy, "\(operation) '\(subject)': \(error)")
    case is Cancelled, is CancellationError:
      self.init(.cancelled, "\(operation) '\(subject)': cancelled", disposition: .host)
    default: self.init(.fileSystem, "\(operation) '\(subject)': \(error)", disposition: .host)
    }
  }

  private init(mirror error: MirrorError) {
    let hint = Self.hints[error.code] ?? error.hint
    let (disposition, origin): (Disposition, Pause.Origin) =
      switch error.disposition {
      case .retryNow: (.connection, .host)
      case .backOff, .needsOperator: (.replicable, .host)
      case .host: (.host, .host)
      case .machine: (.host, error.code == .cancelled ? .cancelled : .machine)
      }
    self.init(
      error.code == .init(.sourceNotFound) ? .missingOnPrimary : Code(rawValue: error.code.rawValue),
      hint.isEmpty ? error.message : "\(error.message); \(hint)", disposition: disposition, origin: origin,
      retryAfter: error.retryAfter)
  }

  /// What the operator of an agent does, where the hint of the error names an option of a command.
  private static let hints: [MirrorError.Code: String] = [
    .destinationNotACopy: "move it away, or take it over by hand with 'remora mirror SOURCE COPY --adopt'",
    .destinationOtherSource: "move it away, or take it over by hand with 'remora mirror SOURCE COPY --adopt'",
    .destinationShallow: "move it away, and it is fetched anew",
    .destinationPartial: "move it away, and it is fetched anew",
    .destinationGrafted: "move it away, and it is fetched anew",
    .destinationBorrowing: "move it away, and it is fetched anew",
    .diskFull: "free some space on the disk of the copies, or lower limits.free_disk; the copy is as it was",
    .init(.sshMissing): "install it, or write sources.ssh.client: libssh2",
    .timeout: "raise limits.silence or limits.run if it always takes so long; the copy is as it was",
  ]
}
