internal import Replication
internal import RepositoryReplication
internal import Scheduling

/// Probes hosts that repositories are fetched from while the primary publishes their changes (`clone_url`): one listing
/// at a time, of one repository after another. Without it an unreachable host would be detected by the next push only.
struct CloneProbeLoop: Sendable {
  let kinds: [(name: ReplicableName, address: AddressTemplate)]
  let secondary: Secondary
  let remote: HostListing
  let hosts: SourceHosts
  let interval: Duration
  let reactions: PollLoop.Reactions
  let observer: any ReplicationObserver

  /// Runs until the task is cancelled.
  func run() async {
    guard !kinds.isEmpty else { return }
    var places: [ReplicableName: ReplicableID] = [:]
    while !Task.isCancelled {
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: interval)
      for kind in kinds {
        do {
          places[kind.name] = try await probe(kind.name, kind.address, after: places[kind.name])
        } catch {
          if !Task.isCancelled { observer.log(.trouble("ask the host of '\(kind.name)': \(error)")) }
        }
      }
    }
  }

  /// - Returns: the position of the round over the copies; `nil` at its end.
  private func probe(
    _ name: ReplicableName, _ address: AddressTemplate, after last: ReplicableID?
  ) async throws -> ReplicableID? {
    guard let kind = secondary.kinds.first(where: { $0.name == name }), try await secondary.isEnabled(kind),
      let entry = try await secondary.registry(of: name).window(after: last, limit: 1).first
    else { return nil }
    let id = entry.replicableID
    // A failing entry is probed by its own retries.
    guard entry.state == .synced else { return id }
    let (key, location) = (JobKey(name: name, id: id), address.url(of: id))
    let host = SourceHost.name(of: location)
    guard hosts.start([(host, 0)]) else { return last }
    do {
      _ = try await remote.read(location, of: id)
      hosts.succeeded(host, for: key)
      AgentMetrics.polled(name, "unchanged")
    } catch {
      guard !Task.isCancelled else { return id }
      AgentMetrics.polled(name, "failed")
      let failure = hosts.attribute(error, of: key, at: host)
      if failure.disposition != .host { await reactions.lost(key) }
    }
    return id
  }
}
