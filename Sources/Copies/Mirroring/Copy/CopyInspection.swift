package import DurableFiles
internal import Git
package import GitTransport
internal import GitValues
internal import RefStore
package import SystemPackage

/// What stands at a destination, and whether it may become, or already is, a copy of the source.
package enum CopyInspection: Sendable {
  /// Nothing, or an empty directory.
  case vacant
  /// A copy of this source that Remora made, with its configuration.
  case copy(CopyConfiguration)
  /// A bare repository that this run may take over: `git clone --mirror` made it of this source, or the user says so.
  case adoptable

  /// Looks, without changing anything.
  ///
  /// - Throws: `MirrorError` for everything that is none of the three, with the reason and what to do.
  package static func look(
    at root: FilePath, for source: SourceURL, adopts: Bool, through files: any FileSystemPort
  ) throws -> CopyInspection {
    guard let status = try files.status(of: root) else { return .vacant }
    guard status.kind == .directory else {
      throw MirrorError(
        .destinationNotADirectory, "mirror into '\(root)': it is not a directory",
        hint: "name a directory, or a path where nothing is")
    }
    let entries = try files.entries(of: root)
    if entries.isEmpty { return .vacant }
    let names = Set(entries.map(\.name.string))
    guard names.contains("HEAD"), names.contains("objects"), names.contains("refs") else {
      throw MirrorError(
        .destinationNotEmpty, "mirror into '\(root)': the directory is not empty and not a bare repository",
        hint: "name an empty or new directory")
    }
    if isSource(root, source) {
      throw MirrorError(
        .destinationIsTheSource, "mirror into '\(root)': it is the source itself", hint: "name another directory")
    }
    return try inspectRepository(root, source, adopts)
  }

  /// Also by another path, a link or a mount: the same directory.
  private static func isSource(_ root: FilePath, _ source: SourceURL) -> Bool {
    guard case .file(let path) = source.kind, let one = LocalRepositoryPath.identity(of: path),
      let other = LocalRepositoryPath.identity(of: root.pathText)
    else { return false }
    return one == other
  }

  /// Refuses everything but a copy that Remora made and whose own files are complete.
  ///
  /// - Parameter attempt: the intended operation, which begins the message.
  /// - Throws: `MirrorError`, and `GitError` for a repository that cannot be opened.
  package static func requireCopy(at root: FilePath, for attempt: String, through files: any FileSystemPort) throws {
    guard try files.status(of: root)?.kind == .directory, try files.status(of: root.appending("HEAD")) != nil else {
      throw MirrorError(
        .destinationNotACopy, "\(attempt): it is no repository", hint: "name a copy that 'remora mirror' made")
    }
    let repository = try Repository.openBare(at: root.pathText)
    guard try repository.configuration.string("remora.source") != nil else {
      throw MirrorError(
        .destinationNotACopy, "\(attempt): it is no copy of remora's",
        hint:
          "name a directory that 'remora mirror' made, or take it over with 'remora mirror --adopt SOURCE DESTINATION'")
    }
    try refuse(repository.traits, attempt)
  }

  private static func inspectRepository(_ root: FilePath, _ source: SourceURL, _ adopts: Bool) throws -> CopyInspection
  {
    let repository = try Repository.openBare(at: root.pathText)
    try refuse(repository.traits, "mirror into '\(root)'")
    let configuration = repository.configuration
    if let recorded = try configuration.string("remora.source") {
      guard recorded == source.redacted || adopts else {
        throw MirrorError(
          .destinationOtherSource, "mirror into '\(root)': it is a copy of '\(recorded)', not of '\(source.redacted)'",
          hint: "name that source, or give --adopt to change it")
      }
      let rules = RefExclusion(try configuration.strings("remora.excluderef"))
      return .copy(CopyConfiguration(source: recorded, exclusion: rules))
    }
    if adopts { return .adoptable }
    guard try isMirrorClone(configuration, of: source) else {
      throw MirrorError(
        .destinationNotACopy,
        "mirror into '\(root)': it is a repository, but no copy that remora or 'git clone --mirror' made of this source",
        hint: "name another directory, or give --adopt to overwrite its refs")
    }
    return .adoptable
  }

  private static func isMirrorClone(_ configuration: Configuration, of source: SourceURL) throws -> Bool {
    guard try configuration.bool("remote.origin.mirror") == true,
      try configuration.strings("remote.origin.fetch").contains("+refs/*:refs/*"),
      let origin = try configuration.string("remote.origin.url")
    else { return false }
    // A recorded url that does not parse is simply another source.
    return (try? SourceURL(origin))?.redacted == source.redacted
  }

  /// States in which a repository lacks objects, or borrows them: such a copy could never be shown to be complete.
  private static func refuse(_ traits: RepositoryTraits, _ attempt: String) throws {
    let reason: (MirrorError.Code, String, String)? =
      if traits.isShallow {
        (
          .destinationShallow, "it is shallow: parts of its history are cut off",
          "fetch the rest (git fetch --unshallow), or name another directory"
        )
      } else if traits.isPartial {
        (.destinationPartial, "it is a partial clone: objects are missing on purpose", "name another directory")
      } else if traits.hasGrafts {
        (.destinationGrafted, "its history is grafted (info/grafts)", "remove the grafts, or name another directory")
      } else if traits.hasAlternates {
        (
          .destinationBorrowing, "it borrows objects of another repository (objects/info/alternates)",
          "repack it (git repack -ad) and remove that file, or name another directory"
        )
      } else if !traits.isBare {
        (.destinationNotACopy, "it is not a bare repository", "name another directory")
      } else {
        nil
      }
    if let (code, what, hint) = reason { throw MirrorError(code, "\(attempt): \(what)", hint: hint) }
  }
}
