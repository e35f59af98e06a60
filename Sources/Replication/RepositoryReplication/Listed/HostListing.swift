package import GitTransport
internal import GitValues
internal import Mirroring
internal import RefStore
package import Replication
package import WorkerPool

/// Reads what a host lists for one repository: one connection, nothing written.
package struct HostListing: Sendable {
  private let transports: Transports
  private let run: Duration
  private let workers: WorkerPool

  /// - Parameters:
  ///   - run: how long one listing may take.
  ///   - workers: threads for all that blocks.
  package init(transports: Transports, run: Duration, workers: WorkerPool) {
    self.transports = transports
    self.run = run
    self.workers = workers
  }

  /// HEAD and every ref that the host shows.
  package func read(_ location: String, of id: ReplicableID) async throws(StrategyError) -> ContentListing {
    do {
      return try await workers.run { [transports, run] flag in
        let view = try SourceListing.read(
          SourceURL(location), transports: transports, cancellation: flag, deadline: .after(run))
        return try ContentListing(of: view, "'\(id)'")
      }
    } catch {
      throw StrategyError(error, "list", id.text)
    }
  }
}
