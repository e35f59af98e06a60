internal import GitValues
internal import Glibc

/// Which files of a directory are one indexer's, so that what it leaves can be removed and nothing else.
struct StagedPackFiles {
  private let directory: String
  /// Files that existed before the indexer: never touched.
  private let others: Set<String>

  /// Looks at the directory; to be made before the indexer.
  init(_ directory: String) {
    self.directory = directory
    others = Self.names(directory)
  }

  /// libgit2's temporary pack, once the indexer exists; `nil` should it not be found.
  func temporaryPack() -> String? {
    Self.names(directory).first { $0.hasPrefix("pack_git2_") && !others.contains($0) }.map { "\(directory)/\($0)" }
  }

  /// Removes the leftovers of an unfinished indexer: an index is renamed before its pack is. The temporary files
  /// libgit2 removes itself.
  /// - Parameter name: the pack's, once libgit2 has computed it; empty before.
  func remove(name: String) {
    guard !name.isEmpty else { return }
    for file in ["pack-\(name).idx", "pack-\(name).pack"] where !others.contains(file) {
      PathText.withCString("\(directory)/\(file)") { unlink($0) }
    }
  }

  private static func names(_ directory: String) -> Set<String> {
    var names: Set<String> = []
    guard let listing = PathText.withCString(directory, { opendir($0) }) else { return names }
    defer { closedir(listing) }
    while let entry = readdir(listing) { names.insert(entry.name) }
    return names
  }
}
