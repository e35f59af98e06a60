import Glibc
package import SystemPackage

extension RealFileSystem {
  package func synchronizeFile(_ path: FilePath) throws(FileError) {
    // Reading rights are enough for fsync(2), and a pack of libgit2's is read-only.
    try synchronize(path, O_RDONLY, "synchronize")
  }

  package func synchronizeDirectory(_ path: FilePath) throws(FileError) {
    do {
      try synchronize(path, O_RDONLY | O_DIRECTORY, "synchronize directory")
    } catch {
      // Some network and FUSE file systems refuse it (`EINVAL`). Then the operation fails: the guarantee that a copy
      // survives a loss of power does not hold there.
      guard error.code == .invalidArgument else { throw error }
      throw FileError(
        error.code, error.operation, error.path,
        hint: "this file system cannot make a directory durable; use a local one")
    }
  }

  private func synchronize(_ path: FilePath, _ flags: CInt, _ operation: String) throws(FileError) {
    let descriptor = try openDescriptor(path, flags, [], operation)
    let result = retryingInterrupts { fsync(descriptor) }
    // Taken at once: closing may change errno.
    let failure = result == 0 ? nil : FileError.last(operation, path)
    close(descriptor)
    if let failure { throw failure }
  }
}
