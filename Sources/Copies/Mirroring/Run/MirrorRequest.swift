package import DurableFiles
package import Foundation
package import GitTransport
package import RefStore
package import SystemPackage
package import WorkerPool

/// What one run is to do: make `destination` an exact copy of `source`.
package struct MirrorRequest: Sendable {
  package var source: SourceURL
  package var destination: FilePath
  /// `nil` keeps the rules that the copy's configuration records; a value replaces them.
  package var exclusion: RefExclusion?
  /// Whether to take over a bare repository that is not a copy of Remora's, or a copy of another source.
  package var adopts: Bool
  /// List and compare, write nothing.
  package var isDryRun: Bool
  /// How long to wait for another run on the same copy.
  package var wait: Duration
  package var limits: MirrorLimits
  /// Locks on refs of the copy that are older are taken for those of dead programs and removed; `nil` leaves every lock
  /// to the operator.
  package var staleLockAge: Duration?

  package init(
    source: SourceURL, destination: FilePath, exclusion: RefExclusion? = nil, adopts: Bool = false,
    isDryRun: Bool = false, wait: Duration = .zero, limits: MirrorLimits = MirrorLimits()
  ) {
    self.source = source
    self.destination = destination
    self.exclusion = exclusion
    self.adopts = adopts
    self.isDryRun = isDryRun
    self.wait = wait
    self.limits = limits
  }
}

/// Bounds of one run. Those of the conversation itself (connect, silence, advertisement, bytes of pack) belong to
/// `TransportConfiguration`.
package struct MirrorLimits: Sendable {
  /// The whole run, from connecting to the last rename. Default 6 hours: GitLab Geo's largest repositories take 3.
  package var run: Duration = .seconds(6 * 3600)
  /// Bytes that must stay free on the copy's file system while a pack arrives. Default 64 MiB.
  package var freeBytesToKeep: UInt64 = 64 << 20
  /// Objects in one pack. Default 50 million, five times the Linux kernel's.
  package var packObjects: Int = 50_000_000

  package init() {}
}

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
