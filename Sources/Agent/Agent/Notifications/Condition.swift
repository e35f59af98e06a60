internal import AgentAPI

/// A state that operators are notified of, for as long as it lasts.
struct Condition: Hashable, Sendable {
  /// The kind of a condition.
  enum Event: String, Codable, Sendable {
    /// A failure: notified after it has lasted for a while.
    case failure
    /// Copies that were not equal when they were compared.
    case mismatch
    /// Copies in which an object check found damage.
    case damage
    /// Removals that wait for a confirmation.
    case removalsWaiting = "removals_waiting"
    /// The oldest unverified change is older than the bound.
    case lag
  }

  let event: Event
  /// The subject: a kind, `primary`, a site.
  let subject: String
  /// The text of the notification; may change while the condition lasts.
  let message: String

  /// The identity of the condition, constant while it lasts.
  var key: String { "\(event.rawValue):\(subject)" }

  /// Returns the present conditions, by a site's status.
  ///
  /// - Parameter lag: the bound.
  static func all(of status: StatusRow, lag: Duration) -> [Condition] {
    var found = status.kinds.flatMap { conditions(of: $0, isPrimary: status.role == .primary) }
    if let by = status.fencedBy {
      found.append(.init(event: .failure, subject: "fence", message: "this primary was replaced by '\(by)'"))
    }
    if let primary = status.primary, !primary.isReachable {
      found.append(
        .init(event: .failure, subject: "primary", message: "the primary at \(primary.url) does not answer"))
    }
    if let paused = status.primary?.pausedBy {
      found.append(.init(event: .failure, subject: "work", message: "work rests: \(paused)"))
    }
    for host in status.failingHosts ?? []
    where status.primary.map({ SourceHost.name(of: $0.url) != host.host }) ?? true {
      found.append(
        .init(
          event: .failure, subject: "host \(host.host)",
          message: "the host \(host.host) fails since \(host.failingSince): \(host.message)"))
    }
    for trouble in status.machine ?? [] {
      found.append(
        .init(
          event: .failure, subject: "this machine: \(trouble.activity)",
          message: "this machine cannot \(trouble.activity) since \(trouble.failingSince): \(trouble.message)"))
    }
    for roster in status.rosters ?? [] {
      guard let failure = roster.failure else { continue }
      found.append(
        .init(
          event: .failure, subject: "list of \(roster.replicableName)", message: "its list cannot be read: \(failure)"))
    }
    if let oldest = status.oldestUnsynced, oldest.seconds > lag / .seconds(1) {
      found.append(
        .init(
          event: .lag, subject: oldest.replicableName,
          message: "'\(oldest.id)' has waited for \(Int(oldest.seconds)) s: \(oldest.reason)"))
    }
    return found
  }

  private static func conditions(of kind: StatusRow.KindRow, isPrimary: Bool) -> [Condition] {
    var found: [Condition] = []
    let failed = isPrimary ? kind.count(VerificationWord.failed) : kind.count(SyncWord.failed)
    if failed > 0 {
      let what = isPrimary ? "have no checksum" : "cannot be copied"
      found.append(.init(event: .failure, subject: kind.name, message: "\(failed) of '\(kind.name)' \(what)"))
    }
    let broken = kind.count(NotReplicatedReason.broken)
    if broken > 0 {
      found.append(
        .init(
          event: .failure, subject: "broken \(kind.name)",
          message: "\(broken) of '\(kind.name)' are broken on the primary: their copies stay as they are"))
    }
    if kind.isUnknownToPrimary == true {
      found.append(
        .init(event: .failure, subject: kind.name, message: "the primary has no kind '\(kind.name)'"))
    }
    if isPrimary, kind.isCatalogComplete == false, kind.count > 0 {
      found.append(
        .init(
          event: .failure, subject: "listing of \(kind.name)",
          message: "the listing of '\(kind.name)' is not complete: \(kind.skipped.first ?? "see its root")"))
    }
    if let refusal = kind.rootRefusal {
      found.append(.init(event: .failure, subject: "root of \(kind.name)", message: refusal))
    }
    if let oldest = kind.oldestFailingPoll, let count = kind.failingPolls {
      found.append(
        .init(
          event: .failure, subject: "sources of \(kind.name)",
          message: "\(count) of '\(kind.name)' cannot be asked for changes, '\(oldest.id)' since \(oldest.at):"
            + " \(oldest.message)"))
    }
    if kind.mismatched > 0 {
      found.append(
        .init(event: .mismatch, subject: kind.name, message: "\(kind.mismatched) of '\(kind.name)' were not equal"))
    }
    if kind.damaged > 0 {
      found.append(.init(event: .damage, subject: kind.name, message: "\(kind.damaged) of '\(kind.name)' are damaged"))
    }
    if !kind.removalsWaiting.isEmpty {
      found.append(
        .init(
          event: .removalsWaiting, subject: kind.name,
          message:
            "\(kind.removalsWaiting.count) removals of '\(kind.name)' wait: \(OperatorCommand.confirmRemovals(kind.name))"
        ))
    }
    return found
  }
}
