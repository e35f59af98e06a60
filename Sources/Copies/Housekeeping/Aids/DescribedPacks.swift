internal import SystemPackage

/// An objects directory in staging that represents the copy's with only the packs that stay. Programs that write
/// indexes over packs run there, so their locks and temporary files are removed with staging, and only finished files
/// are moved into the copy.
struct DescribedPacks {
  let root: FilePath
  /// Names of packs, `pack-HEX`, which lie below by hard links.
  let packs: [String]
  /// Which of two packs with the same object is read for it.
  let preferred: String?
  /// Whether some objects lie in no pack.
  let hasLooseObjects: Bool

  var packDirectory: FilePath { root.appending("pack") }
  var infoDirectory: FilePath { root.appending("info") }
  var multiPackIndex: FilePath { packDirectory.appending("multi-pack-index") }
  var commitGraph: FilePath { infoDirectory.appending("commit-graph") }
}
