internal import AgentAPI
internal import EventLog
internal import Replication
internal import SiteAssembly

extension PrimaryAgent {
  /// A secondary sends a request at least once a minute; after five minutes without one it counts as away.
  private static let longSilence = Duration.seconds(300)

  func fill(_ status: inout StatusRow) async throws {
    for kind in site.primary.kinds {
      var row = StatusRow.KindRow(
        name: kind.name.text, plural: kind.namePlural, isEnabled: try await site.primary.isEnabled(kind))
      let states = try site.primary.states(of: kind.name)
      let counts = try await states.counts()
      let notOffered = try await states.notOfferedCounts()
      row.count = counts.values.reduce(0, +) + notOffered.values.reduce(0, +)
      row.verificationStates = StatusRow.KindRow.byName(counts)
      row.notReplicated = StatusRow.KindRow.byName(notOffered)
      if !notOffered.isEmpty {
        row.notReplicatedExamples = try await states.notOffered(limit: StatusRow.KindRow.exampleCount).compactMap {
          state in
          state.notOffered.map {
            .init(id: state.replicableID.text, reason: Word($0.rawValue), message: state.notOfferedReason)
          }
        }
      }
      if let scan = site.scans.lastReport(of: kind.name) {
        row.lastScanAt = "\(scan.endedAt)"
        row.isCatalogComplete = scan.isComplete
        row.skipped = scan.skipped.map { "\($0.path): \($0.reason)" }
        row.skippedCount = scan.skippedCount
        row.neverServed = scan.neverServed.isEmpty ? nil : scan.neverServed
      }
      row.scanFailure = site.scans.lastFailure(of: kind.name)
      status.kinds.append(row)
    }
    let stuck = site.spool.stuckFiles
    if stuck.count > 0 {
      status.problems.append(
        "\(stuck.count) events lie in the spool and cannot be taken: \(stuck.reason ?? "no reason given"); give their files to"
          + " the agent's user, or remove them and run 'remora event' for what they say")
    }
    if site.spool.setAsideCount > 0 {
      status.problems.append(
        "\(site.spool.setAsideCount) files of the spool are no events; look into its directory 'bad'")
    }
    let end = try await site.log.position().id
    status.lastEventId = end
    status.lastEventAt = await site.log.moment(ofLine: end).map { "\($0)" }
    let now = environment.now()
    status.secondaries = site.secondaries.names.map { name in
      let contact = site.secondaries[name]
      let heard = contact.lastContactAt ?? context.startedAt
      if now - heard > Self.longSilence {
        status.problems.append("'\(name)' has asked for nothing since \(heard): see whether its agent runs there")
      }
      return StatusRow.SecondaryRow(
        name: name, lastContactAt: contact.lastContactAt.map { "\($0)" }, lastEventId: contact.cursor?.id)
    }
  }

  func explanation(of id: ReplicableID, _ kind: KindPlan) async throws -> ExplanationRow {
    let name = kind.name
    var row = ExplanationRow(replicableName: name.text, id: id.text, summary: "not known")
    let presence: String
    do {
      switch try await site.primary.strategy(of: name).presence(of: id) {
      case .present: presence = "It is on this site's disk."
      case .unfinished: presence = "Something is being made in its place, or it is no repository."
      case .absent: presence = "It is not on this site's disk."
      }
    } catch {
      presence = "Whether it is on the disk is not known: \(error)."
    }
    row.facts.append(presence)
    guard let state = try await site.primary.states(of: name).state(of: id), state.goneAt == nil else {
      row.next = "The next scan finds it, if it is there and the configuration includes it."
      return row
    }
    row.state = PrimaryStateRow(state, of: name)
    if let reason = state.notOffered {
      row.summary = "not offered"
      row.facts.append("It is not offered to secondaries: \(state.notOfferedReason ?? reason.text).")
      row.next =
        reason == .broken
        ? "It is offered again when git can use it; secondaries keep their copies as they are."
        : "It is offered again when the configuration includes it; secondaries keep their copies as they are."
      return row
    }
    if let generation = state.generation { row.facts.append("The last event about it is \(generation.id).") }
    switch state.verificationState {
    case .succeeded:
      row.summary = "read"
      row.facts.append("Its checksum was read at \(ExplanationRow.time(state.verifiedAt)).")
      row.next = "It is read again after the next change, and at the latest after the interval of verification."
    case .pending, .disabled:
      row.summary = "to be read"
      row.next = "Its checksum is read as soon as there is room."
    case .started:
      row.summary = "being read"
      row.next = "Its checksum is being read now."
    case .failed:
      row.summary = "cannot be read"
      row.facts.append(
        "Reading it failed \(state.verificationRetryCount) times, last with: \(state.verificationFailure ?? "?").")
      row.next = "It is tried again at \(ExplanationRow.time(state.verificationRetryAt))."
    }
    return row
  }
}
