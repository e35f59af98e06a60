package import Mirroring
package import SystemPackage

extension CopyLayout {
  /// Names the packs that a reader may still have open, and since when others stand in their place.
  package var replacedPacks: FilePath { own.appending("replaced.json") }
  /// When it was last measured how much of the copy is needed.
  package var measurement: FilePath { own.appending("housekeeping.json") }
  /// Of which packs an object check has shown that they are whole, and when.
  package var provenPacks: FilePath { own.appending("check.json") }
  var multiPackIndex: FilePath { packs.appending("multi-pack-index") }
  var commitGraph: FilePath { objects.appending("info").appending("commit-graph") }
}
