package import DurableFiles
package import Foundation
package import GitTransport
package import WorkerPool

/// What a run needs of the world. Tests put a recording file system, a manual clock and no pauses in.
package struct MirrorEnvironment: Sendable {
  package var files: any FileSystemPort
  package var transports: Transports
  package var now: @Sendable () -> Date
  /// Waits, or throws `Cancelled`.
  package var pause: @Sendable (Duration, CancellationFlag) throws -> Void
  /// Called at each named point of a run, before it is passed. Fault tests stop or kill the process there.
  package var passing: @Sendable (MirrorPhase) -> Void
  /// Whether servers are asked to say how far they are, which is then reported. Costs some packets.
  package var showsServerText = false

  package init(
    files: any FileSystemPort = RealFileSystem(), transports: Transports,
    now: @escaping @Sendable () -> Date = { Date() },
    pause: @escaping @Sendable (Duration, CancellationFlag) throws -> Void = MirrorEnvironment.wait,
    passing: @escaping @Sendable (MirrorPhase) -> Void = { _ in }
  ) {
    self.files = files
    self.transports = transports
    self.now = now
    self.pause = pause
    self.passing = passing
  }

  /// Blocks the calling thread for a while; cancellation ends the wait.
  package static func wait(_ duration: Duration, _ cancellation: CancellationFlag) throws {
    do {
      try Bridge.wait(until: .distant, cancellation: cancellation) { try await Task.sleep(for: duration) }
    } catch is CancellationError {
      throw Cancelled()
    }
  }
}

/// The phases of a run that fault tests name.
package enum MirrorPhase: String, CaseIterable, Sendable {
  case spooling, indexing, checking
  case publishingPack = "publishing-pack"
  case journaling, folding
  case changingRefs = "changing-refs"
  case changingHead = "changing-head"
  case finishing
}
