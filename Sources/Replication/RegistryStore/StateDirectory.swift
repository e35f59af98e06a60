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

/// A failure of a registry or a file of primary states: what was tried, on which file, the lower layer's error, and
/// what to do next.
package struct RegistryStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of a failure, by a stable word.
  package enum Code: String, Hashable, Sendable {
    /// Another process owns the state directory.
    case locked
    /// A file has invalid content; the description has the place and the remedy.
    case damaged
    /// Written by a later version.
    case newerFormat = "newer_format"
    /// A file system call failed; no acknowledged change is lost.
    case fileSystem = "file_system"
    /// An earlier write failed: further changes fail until the store is opened again.
    case stopped
    /// An id is tracked already.
    case occupied
  }

  package let code: Code
  /// One line, without secrets.
  package let description: String

  package init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
