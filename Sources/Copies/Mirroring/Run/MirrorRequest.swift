package import GitTransport
package import RefStore
package import SystemPackage

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
