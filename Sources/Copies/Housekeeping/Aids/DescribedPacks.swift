internal import SystemPackage

/// An objects directory in staging that stands for the copy's with just the packs that stay: whatever writes indexes over packs
/// does it there, so its locks and temporary files go with staging, and only what is finished comes into the copy.
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
