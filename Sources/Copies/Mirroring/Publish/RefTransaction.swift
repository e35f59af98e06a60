internal import Crypto
internal import DurableFiles
internal import GitValues
internal import RefStore
internal import SystemPackage
internal import TextBytes

/// Changes the refs of a copy in one atomic step.
///
/// A copy keeps all refs in `packed-refs`; publishing a new one is a single rename, so a reader sees the old set or the
/// new. `HEAD` is a file of its own and follows at once. Each file is written in staging, made durable, hard-linked to
/// its lock name (which fails when another process holds the lock, as git's own locking does) and renamed from there.
///
/// After a crash: before the first rename the old state stands; between the two, new refs with the old HEAD, which
/// `CopyRecovery` completes from the journal. A leftover lock is identified by the digest of its content.
struct RefTransaction {
  let layout: CopyLayout
  let files: any FileSystemPort

  /// SHA-256 of a file's bytes, as the journal keeps it.
  static func digest(_ bytes: [UInt8]) -> String {
    "sha256:" + Hex.text(SHA256.hash(data: bytes))
  }

  /// Replaces `packed-refs`, provided that it is still the file that was read.
  func publishPackedRefs(_ bytes: [UInt8], expecting status: FileStatus?) throws {
    try publish(bytes, as: layout.packedRefs, lock: layout.packedRefsLock) { [layout, files] in
      guard try files.status(of: layout.packedRefs) == status else {
        throw MirrorError(
          .destinationLocked, "change the refs of '\(layout.root)': somebody else changed packed-refs meanwhile",
          hint: "run again when the other program has ended")
      }
    }
  }

  func publishHead(_ line: HeadLine) throws {
    try publish(line.file, as: layout.head, lock: layout.headLock) {}
  }

  private func publish(_ bytes: [UInt8], as path: FilePath, lock: FilePath, check: () throws -> Void) throws {
    guard let name = path.lastComponent else { preconditionFailure("a ref file has a name") }
    let staged = layout.staging.appending(name)
    try StagedFile.write(bytes, to: staged, through: files)
    do {
      try files.link(staged, to: lock)
    } catch {
      guard error.code == .fileExists else { throw error }
      throw Self.locked(lock, of: layout)
    }
    do {
      try check()
      try files.rename(lock, to: path)
    } catch {
      // The first error is thrown; the next run identifies a leftover lock as its own.
      try? files.unlink(lock)
      throw error
    }
    try files.synchronizeDirectory(layout.root)
    try files.unlink(staged)
  }

  static func locked(_ lock: FilePath, of layout: CopyLayout) -> MirrorError {
    MirrorError(
      .destinationLocked, "change the refs of '\(layout.root)': another program holds the lock '\(lock)'",
      hint: "wait for it to end; if none runs, remove that file")
  }
}
