package import DurableFiles
internal import Git
internal import GitTransport
package import GitValues
package import RefStore
package import SystemPackage

/// Reads the ref view of any repository on this machine, a copy or not, without changing it.
package enum RepositoryReading {
  /// The complete view, hidden refs included. A working repository's `.git` is found by itself.
  ///
  /// - Throws: `MirrorError` where the directory is no repository, not ours to read, or of a format that libgit2 1.5.1 cannot
  ///   hold. A repository that can be read but has broken refs is no error: see `RefView.broken`.
  package static func view(
    of path: FilePath, through files: any FileSystemPort = RealFileSystem()
  ) throws(MirrorError) -> RefView {
    do {
      let root = try files.status(of: path.appending(".git"))?.kind == .directory ? path.appending(".git") : path
      _ = try Repository.openBare(at: root.pathText)
      return try RefReader(repository: root, files: files).view()
    } catch let error as GitError where error.code == .notARepository || error.code == .notFound {
      throw MirrorError(
        .notARepository, "read '\(path)': not a git repository", hint: "name the directory that holds HEAD")
    } catch {
      throw MirrorError(error, "read", path.string)
    }
  }

  /// Whether a repository has all of these objects, reachable or not.
  package static func holds(_ oids: [ObjectID], in path: FilePath) throws(MirrorError) -> Bool {
    do {
      let objects = try Repository.openBare(at: path.pathText).objects()
      return oids.allSatisfy { objects.contains($0) }
    } catch {
      throw MirrorError(error, "read", path.string)
    }
  }

  /// The rules by which a copy leaves out refs; none for a repository that is no copy.
  package static func exclusion(of path: FilePath) throws(MirrorError) -> RefExclusion {
    do {
      return RefExclusion(try Repository.openBare(at: path.pathText).configuration.strings("remora.excluderef"))
    } catch {
      throw MirrorError(error, "read", path.string)
    }
  }
}
