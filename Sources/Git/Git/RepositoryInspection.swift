internal import GitValues
internal import Glibc

/// Looks at a directory that claims to be a repository before libgit2 does.
///
/// The rules are git's: `is_git_directory` and `ensure_valid_ownership` (setup.c), gitrepository-layout(5), and for the
/// extensions git-config(1) with Documentation/technical/repository-version.txt.
struct RepositoryInspection {
  let path: String

  /// - Throws: `notARepository` when there is no such directory.
  init(_ path: String) throws(GitError) {
    guard let resolved = PathText.withCString(path, { realpath($0, nil) }) else {
      throw Self.notARepository(path, String(cString: strerror(errno)))
    }
    defer { free(resolved) }
    self.path = PathText.text(
      UnsafeBufferPointer(start: resolved, count: strlen(resolved)).map(UInt8.init(bitPattern:)))
    guard FileProbe(self.path).isDirectory else { throw Self.notARepository(path, "not a directory") }
  }

  /// The owner of a repository decides what its configuration makes a program do.
  func checkOwner(_ trusted: Set<UInt32>) throws(GitError) {
    guard let owner = FileProbe(path).owner else { throw Self.notARepository(path, "it went away") }
    guard owner == geteuid() || trusted.contains(owner) else {
      throw GitError(
        code: .notOwned, operation: "open repository", subject: path,
        message: "it belongs to user \(owner), we run as user \(geteuid())")
    }
  }

  func checkShape() throws(GitError) {
    for directory in ["objects", "refs"] where !FileProbe("\(path)/\(directory)").isDirectory {
      throw Self.notARepository(path, "it has no directory '\(directory)'")
    }
    guard !FileProbe("\(path)/commondir").exists else {
      throw Self.notARepository(path, "its refs and objects are elsewhere: it belongs to a linked work tree")
    }
    // A symbolic link to a branch that does not exist is a legal, old form of HEAD.
    var status = stat()
    guard PathText.withCString("\(path)/HEAD", { lstat($0, &status) }) == 0 else {
      throw Self.notARepository(path, "it has no HEAD")
    }
  }

  /// Refuses by name what libgit2 1.5.1 would misread.
  func checkFormat(_ configuration: Configuration) throws(GitError) {
    if let format = try configuration.string("extensions.objectformat"), format.lowercased() != "sha1" {
      throw GitError(
        code: .unsupportedObjectFormat, operation: "open repository", subject: path,
        message: "its objects are named by \(format), libgit2 1.5.1 knows only sha1")
    }
    let storage = try configuration.string("extensions.refstorage")
    if let storage, storage.lowercased() != "files" {
      throw unsupported("extensions.refStorage is '\(storage)', libgit2 1.5.1 reads refs only from files")
    }
    let version = try configuration.integer("core.repositoryformatversion") ?? 0
    guard version <= 1 else { throw unsupported("core.repositoryFormatVersion is \(version), 0 and 1 are known") }
    // Version 0 came before extensions: git ignores unknown ones there.
    guard version == 1 else { return }
    for entry in try configuration.entries(below: "extensions.") where !Self.known.contains(entry.name) {
      throw unsupported("'\(entry.name)' is not known")
    }
  }

  /// Each changes nothing for one who only reads refs and objects, or is a trait of its own.
  private static let known: Set<String> = [
    "extensions.noop", "extensions.noop-v1", "extensions.preciousobjects", "extensions.partialclone",
    "extensions.worktreeconfig", "extensions.relativeworktrees", "extensions.objectformat", "extensions.refstorage",
  ]

  func traits(_ configuration: Configuration) throws(GitError) -> RepositoryTraits {
    let isNamedDotGit = path.hasSuffix("/.git")
    return RepositoryTraits(
      isBare: try configuration.bool("core.bare") ?? !isNamedDotGit,
      isShallow: FileProbe("\(path)/shallow").size > 0,
      hasAlternates: try hasLines("objects/info/alternates"),
      hasGrafts: try hasLines("info/grafts"),
      isPartial: try isPartial(configuration))
  }

  private func isPartial(_ configuration: Configuration) throws(GitError) -> Bool {
    if try configuration.string("extensions.partialclone") != nil { return true }
    for entry in try configuration.entries(below: "remote.") {
      if entry.name.hasSuffix(".partialclonefilter") { return true }
      // git reports a value that is no boolean; here it counts as true.
      if entry.name.hasSuffix(".promisor"), entry.boolean ?? true { return true }
    }
    return hasPromisorPack()
  }

  private func hasPromisorPack() -> Bool {
    guard let listing = PathText.withCString("\(path)/objects/pack", { opendir($0) }) else { return false }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      if entry.name.hasSuffix(".promisor") { return true }
    }
    return false
  }

  /// True when a file holds more than empty lines and comments. Such files are small; one that is not counts as filled.
  private func hasLines(_ name: String) throws(GitError) -> Bool {
    let file = "\(path)/\(name)"
    guard let stream = PathText.withCString(file, { fopen($0, "re") }) else {
      if errno == ENOENT || errno == ENOTDIR { return false }
      throw Self.notARepository(path, "cannot read '\(name)': \(String(cString: strerror(errno)))")
    }
    defer { fclose(stream) }
    var isLineStart = true
    var isComment = false
    for _ in 0..<(1 << 20) {
      let byte = fgetc(stream)
      guard byte != EOF else { return false }
      if byte == 0x0A {
        isLineStart = true
        isComment = false
      } else if isLineStart, byte == 0x23 {
        isComment = true
        isLineStart = false
      } else if !isComment {
        return true
      }
    }
    return true
  }

  private func unsupported(_ message: String) -> GitError {
    GitError(code: .unsupportedExtension, operation: "open repository", subject: path, message: message)
  }

  private static func notARepository(_ path: String, _ message: String) -> GitError {
    GitError(code: .notARepository, operation: "open repository", subject: path, message: message)
  }
}

/// What a path names at this moment, links followed. Never opens or creates anything.
struct FileProbe {
  private let status: stat?

  init(_ path: String) {
    var found = stat()
    status = PathText.withCString(path) { stat($0, &found) } == 0 ? found : nil
  }

  var exists: Bool { status != nil }
  var isDirectory: Bool { status.map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }
  var isFile: Bool { status.map { $0.st_mode & S_IFMT == S_IFREG } ?? false }
  /// Bytes; 0 when there is nothing.
  var size: Int { status.map { Int($0.st_size) } ?? 0 }
  var owner: UInt32? { status?.st_uid }
  /// The permission bits.
  var mode: mode_t? { status.map { $0.st_mode & 0o7777 } }
}

extension UnsafeMutablePointer where Pointee == dirent {
  /// The entry's name. Bytes that are not UTF-8 are replaced: for comparing with names of ours.
  var name: String {
    withUnsafeBytes(of: &pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
