package import DurableFiles
package import Git
internal import GitTransport
internal import GitValues
internal import SystemPackage

/// The place of one run in a copy: `remora/staging`, where a pack is received and indexed before readers can see it.
///
/// A run makes the directory when it has something to write and removes it at its end. Found at the start of a run, it
/// was left by a dead one. Publishing hard-links the pack and then its index into `objects/pack`, so that a dead run's
/// half (a pack without its index) is identified as Remora's: it has another name in staging.
package struct PackStaging {
  let layout: CopyLayout
  let files: any FileSystemPort

  package init(layout: CopyLayout, files: any FileSystemPort) {
    self.layout = layout
    self.files = files
  }

  /// Makes the directory, empty.
  package func prepare() throws {
    try files.removeTree(layout.staging)
    try files.makeDirectory(layout.staging, permissions: .ownerReadWriteExecute)
  }

  package func remove() throws { try files.removeTree(layout.staging) }

  /// Makes the pack durable and lets readers of the copy see it. Until a ref points into it nothing needs it, and after
  /// a crash at any point here it is either complete or ignored.
  ///
  /// - Returns: false when the copy had this very pack already.
  @discardableResult
  package func publish(_ pack: IndexedPack) throws -> Bool {
    let staged = FilePath(pathText: pack.packPath)
    let stagedIndex = FilePath(pathText: pack.indexPath)
    try files.synchronizeFile(staged)
    try files.synchronizeFile(stagedIndex)
    let isNew = try publish(staged)
    try publish(stagedIndex)
    try files.synchronizeDirectory(layout.packs)
    return isNew
  }

  /// Removes a published pack that no ref needs yet, because its run failed. The index is removed first: git ignores a
  /// pack without one.
  package func retract(_ pack: IndexedPack) throws {
    for path in [pack.indexPath, pack.packPath] {
      guard let name = FilePath(pathText: path).lastComponent else { preconditionFailure("a pack has a name") }
      if try files.status(of: layout.packs.appending(name)) != nil { try files.unlink(layout.packs.appending(name)) }
    }
  }

  /// A pack of the same name holds the same bytes: the name is a digest of them.
  ///
  /// - Returns: false when there is one.
  @discardableResult
  private func publish(_ staged: FilePath) throws -> Bool {
    guard let name = staged.lastComponent else { preconditionFailure("a pack has a name") }
    do {
      try files.link(staged, to: layout.packs.appending(name))
      return true
    } catch {
      guard error.code == .fileExists else { throw error }
      return false
    }
  }
}
