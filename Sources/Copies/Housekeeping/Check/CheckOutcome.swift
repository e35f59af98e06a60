package import Mirroring

/// What an object check came to.
package struct CheckOutcome: Sendable {
  package var findings: [CheckFinding] = []
  package var packs = 0
  package var looseObjects = 0
  /// Bytes that were read and hashed.
  package var bytes: Int64 = 0
  /// Objects that were walked, and those that an earlier check had proven.
  package var objects = 0
  /// Of these, those that needed no walk.
  package var provenObjects = 0
  /// Packs whose bytes are what their digests say.
  var soundPacks: [ProvenPacks.Pack] = []
  /// Some of it cannot be read from the disk. The walk is skipped then: a read error of a mapped file ends the process
  /// (SIGBUS).
  var isUnreadable = false
  /// Why the check could not be made; then `findings` are not all.
  package var error: MirrorError?

  /// Whether there is no damage, or all of it was repaired.
  package var isSound: Bool { error == nil && findings.allSatisfy(\.isRepaired) }
}
