internal import Crypto
package import DurableFiles
internal import GitValues
internal import RefStore
package import SystemPackage
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
          .destinationLocked, "change the refs of '\(layout.root)': another program changed packed-refs meanwhile",
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

/// Files that are written completely before they get their final name.
package enum StagedFile {
  /// Writes and fsyncs a new file; an older one of that name, left by an earlier step, is replaced.
  package static func write(_ bytes: [UInt8], to path: FilePath, through files: any FileSystemPort) throws {
    if try files.status(of: path) != nil { try files.unlink(path) }
    let file = try files.create(path, permissions: .ownerReadWriteGroupOtherRead)
    do {
      try file.write(bytes)
      try file.synchronize()
      try file.close()
    } catch {
      // The first error is thrown; an error of close(2) adds nothing.
      try? file.close()
      throw error
    }
  }

  /// Replaces a file, or makes it, by a staged one of the same file system: for directories in which nothing temporary
  /// may lie. Durable on return.
  ///
  /// After a crash the path has the old content or the new one, whole.
  package static func replace(
    _ path: FilePath, with bytes: [UInt8], staging staged: FilePath, through files: any FileSystemPort
  ) throws {
    try write(bytes, to: staged, through: files)
    try files.rename(staged, to: path)
    try files.synchronizeDirectory(path.removingLastComponent())
  }
}

extension FilePermissions {
  /// 0644, before the umask.
  package static let ownerReadWriteGroupOtherRead = FilePermissions(rawValue: 0o644)
  /// 0777, before the umask: the owner's umask decides which users may read a copy, as with `git init`.
  package static let allBeforeUmask = FilePermissions(rawValue: 0o777)
}
