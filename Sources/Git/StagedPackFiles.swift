internal import Glibc

/// The files of an indexer in its directory, by their names.
struct StagedPackFiles {
  /// libgit2's temporary pack, and its temporary index while that is written.
  let temporary: [String]
  /// An index is renamed before its pack is.
  private let indexes: [String]
  private let directory: String

  init(_ directory: String) {
    self.directory = directory
    var names: [String] = []
    if let listing = opendir(directory) {
      while let entry = readdir(listing) { names.append(entry.name) }
      closedir(listing)
    }
    temporary = names.filter { $0.hasPrefix("pack_git2_") }
    indexes = names.filter { $0.hasPrefix("pack-") && $0.hasSuffix(".idx") }
  }

  /// Removes what an indexer leaves that did not come to its end.
  func remove() {
    for name in temporary + indexes { unlink("\(directory)/\(name)") }
  }
}
