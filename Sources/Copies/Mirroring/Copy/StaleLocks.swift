internal import DurableFiles
internal import Foundation
internal import RefStore
internal import SystemPackage

/// Removes locks on refs and HEAD of a copy that dead programs have left.
///
/// git holds such a lock for the time of one write, and only the agent writes into its copies: a lock that is older
/// than any write takes belongs to no process any more. Needs the owner lock of the copy.
struct StaleLocks {
  let layout: CopyLayout
  let files: any FileSystemPort

  /// - Parameter age: younger locks stay.
  /// - Returns: a line for each that was removed.
  func remove(olderThan age: Duration, at now: Date) throws -> [String] {
    let loose = try LooseRefs.read(repository: layout.root, through: files).locks
    var removed: [String] = []
    for lock in [layout.packedRefsLock, layout.headLock, layout.root.appending("config.lock")] + loose {
      guard let status = try files.status(of: lock), status.kind == .regular else { continue }
      let seconds = now.timeIntervalSince1970 - Double(status.modified.seconds)
      guard seconds >= age / .seconds(1) else { continue }
      try files.unlink(lock)
      try files.synchronizeDirectory(lock.removingLastComponent())
      let name = lock.string.dropFirst(layout.root.string.utf8.count + 1)
      removed.append("'\(name)' was \(Int(seconds)) s old: no program writes a ref for so long; it was removed")
    }
    return removed
  }
}
