package import DurableFiles
internal import GitTransport
internal import GitValues
package import SystemPackage

/// The directories that runs create beside a copy named `NAME`, and the leftovers of dead runs.
///
/// - `.remora-NAME`: a first copy that is being created (`CopyCreation`).
/// - `.remora-fresh-NAME`, and `.remora-.remora-fresh-NAME` before it: an incomplete fresh download. No reader has seen
///   it, so it may be removed.
/// - `.remora-displaced-NAME`: whole, one of the two copies of a swap: the new one before the two change places, the
///   old one afterwards. It must be kept.
package struct CopyLeftovers {
  private let destination: FilePath
  private let files: any FileSystemPort

  package init(beside destination: FilePath, through files: any FileSystemPort) {
    self.destination = destination
    self.files = files
  }

  /// A fresh copy that is being made.
  var growing: CopyLayout { CopyLayout(root: beside(".remora-fresh-")) }
  /// The one of the two copies that is not, or not any more, the copy.
  var displaced: FilePath { beside(".remora-displaced-") }

  private var creations: [CopyLayout] {
    [destination, growing.root].map { CopyCreation(destination: $0, files: files).building }
  }

  private func beside(_ prefix: String) -> FilePath {
    guard let name = destination.lastComponent else { preconditionFailure("a copy has a name") }
    return destination.removingLastComponent().pushing(
      FilePath(pathText: prefix + FilePath(root: nil, [name]).pathText))
  }

  /// Whether there is anything: four looks.
  package var exist: Bool {
    get throws {
      for path in [displaced, growing.root] + creations.map(\.root) where try files.status(of: path) != nil {
        return true
      }
      return false
    }
  }

  /// Passes a displaced copy to `keep` and removes the rest. Needs the owner lock of the copy, where there is a copy:
  /// while it is held, no run makes a fresh download.
  package func sweep(_ keep: (FilePath) throws -> Void) throws {
    if try files.status(of: displaced) != nil { try keep(displaced) }
    try files.removeTree(growing.root)
    for creation in creations { try removeUnlessHeld(creation) }
  }

  /// A first copy has no other lock than its own.
  private func removeUnlessHeld(_ layout: CopyLayout) throws {
    guard try files.status(of: layout.root) != nil else { return }
    do {
      let lock = try OwnerLock.acquire(path: layout.ownerLock, wait: .zero)
      defer { lock.release() }
      try files.removeTree(layout.root)
    } catch LockError.vanished {
      // The run died before it had a lock.
      try files.removeTree(layout.root)
    } catch LockError.held {
      // Of a run at work, in another process: it will finish, or be swept later.
    }
  }
}
