package import DurableFiles
package import SystemPackage

/// The directory of a site's state, owned by one process at a time.
///
/// `lock` names the owner; the lock ends with the process in any case.
package final class StateDirectory: Sendable {
  /// The directory.
  package let path: FilePath
  package let files: any FileSystemPort
  private let lock: OwnerLock

  package var registries: FilePath { path.appending("registries") }
  package var verification: FilePath { path.appending("verification") }
  package var events: FilePath { path.appending("events") }
  package var differences: FilePath { path.appending("differences") }
  package var features: FilePath { path.appending("features.json") }

  /// Locks the directory and creates its missing parts, durable on return. Blocks on the disk.
  ///
  /// - Throws: `RegistryStoreError`: `locked` with the holder, `fileSystem`.
  package init(_ path: FilePath, files: any FileSystemPort = RealFileSystem()) throws {
    self.path = path
    self.files = files
    do {
      // Registries contain repository names that other users need not read. An existing directory keeps its
      // permissions.
      let ours = FilePermissions(rawValue: 0o700)
      var made = try files.makeDirectories(path, permissions: ours)
      lock = try OwnerLock.acquire(path: path.appending("lock"), wait: .zero)
      for name in ["registries", "verification", "differences"] {
        made += try files.makeDirectories(path.appending(name), permissions: ours)
      }
      try files.synchronizeParents(of: made)
    } catch let error as LockError {
      throw RegistryStoreError(.locked, "own the state directory '\(path)': \(error)")
    } catch let error as FileError {
      throw RegistryStoreError(.fileSystem, "own the state directory '\(path)': \(error)")
    }
  }

  /// Releases the lock.
  package func close() { lock.release() }
}
