package import DurableFiles
package import GitValues
package import SystemPackage

/// The files below `refs/` of a repository, one file per ref.
///
/// A copy of ours has none between two runs. A file found there is a stray ref (written by another program), a lock, or
/// garbage.
package struct LooseRefs: Sendable {
  package struct Entry: Sendable {
    package let name: ReferenceName
    package let path: FilePath
    package let value: LooseRef
  }

  /// Files with a name that a ref may have, bytewise ordered by it.
  package private(set) var entries: [Entry] = []
  /// Files whose names no ref may have, and things that are neither file nor directory.
  package private(set) var irregular: [Entry] = []
  /// `*.lock` files: a process is, or was, about to change a ref.
  package private(set) var locks: [FilePath] = []
  /// Every directory below `refs/`, the deepest first.
  package private(set) var directories: [FilePath] = []

  package var hasFiles: Bool { !entries.isEmpty || !irregular.isEmpty || !locks.isEmpty }

  /// Reads everything below `refs/` of the repository. Missing `refs/` gives an empty answer.
  ///
  /// Not a snapshot: a writer may be at work. Files that vanish during the reading are left out.
  package static func read(repository: FilePath, through files: some FileSystemPort) throws(FileError) -> LooseRefs {
    var loose = LooseRefs()
    guard try files.status(of: repository.appending("refs"))?.kind == .directory else { return loose }
    try loose.descend(into: repository.appending("refs"), name: Array("refs".utf8), depth: 0, files)
    loose.entries.sort { $0.name < $1.name }
    return loose
  }

  /// True when there is a file below `refs/`; cheaper than reading them, for the question "is this copy as we left it".
  package static func exist(repository: FilePath, through files: some FileSystemPort) throws(FileError) -> Bool {
    try hasFile(below: repository.appending("refs"), depth: 0, files)
  }

  private static func hasFile(below directory: FilePath, depth: Int, _ files: some FileSystemPort) throws(FileError)
    -> Bool
  {
    guard depth < maximumDepth else { return true }
    for entry in try entries(of: directory, files) {
      guard entry.kind == .directory else { return true }
      if try hasFile(below: directory.appending(entry.name), depth: depth + 1, files) { return true }
    }
    return false
  }

  /// What the file of one loose ref says now; `nil` when it is gone.
  package static func value(at path: FilePath, through files: some FileSystemPort) throws(FileError) -> LooseRef? {
    do {
      return try files.contents(of: path, limit: maximumFileBytes).map(LooseRef.init(parsing:))
    } catch {
      guard error.code == .fileTooLarge else { throw error }
      return .broken("too large for a ref")
    }
  }

  private mutating func descend(
    into directory: FilePath, name prefix: [UInt8], depth: Int, _ files: some FileSystemPort
  ) throws(FileError) {
    // Nothing that git can name is deeper than a path may be long; the bound only ends loops of mounted directories.
    guard depth < Self.maximumDepth else { return }
    for entry in try Self.entries(of: directory, files) {
      let path = directory.appending(entry.name)
      let name = ReferenceName(bytes: prefix + [UInt8(ascii: "/")] + entry.nameBytes)
      switch entry.kind {
      case .directory:
        try descend(into: path, name: name.bytes, depth: depth + 1, files)
        directories.append(path)
      case .regular:
        guard let value = try Self.value(at: path, through: files) else { continue }
        add(Entry(name: name, path: path, value: value))
      case .symbolicLink, .other:
        irregular.append(Entry(name: name, path: path, value: .broken("not a regular file")))
      }
    }
  }

  /// git removes a directory as soon as it has packed the last ref of it: one that is gone since it was seen is empty.
  private static func entries(of directory: FilePath, _ files: some FileSystemPort) throws(FileError)
    -> [DirectoryEntry]
  {
    do {
      return try files.entries(of: directory)
    } catch {
      guard error.code == .noSuchFileOrDirectory else { throw error }
      return []
    }
  }

  private mutating func add(_ entry: Entry) {
    if entry.name.bytes.suffix(5).elementsEqual(".lock".utf8) {
      locks.append(entry.path)
    } else if entry.name.isValid {
      entries.append(entry)
    } else {
      irregular.append(entry)
    }
  }

  /// PATH_MAX is 4,096 bytes: 2,048 directories of one letter each.
  private static let maximumDepth = 2_048
  /// A ref file holds 41 bytes or a name of at most PATH_MAX; anything bigger is no ref.
  private static let maximumFileBytes = 1 << 16
}

/// What one loose ref file (or `HEAD`) says.
package enum LooseRef: Hashable, Sendable {
  case direct(ObjectID)
  /// A symbolic ref to the named ref, which may itself be symbolic, missing or broken.
  case symbolic(ReferenceName)
  /// Neither: the reason, short, for display.
  case broken(String)

  /// Parses the contents of a ref file the way git does: `ref:`, white space, a name; or 40 hex digits followed by white
  /// space or the end. Trailing white space is ignored.
  package init(parsing bytes: [UInt8]) {
    // The form of nearly every file, first: a repository can have 20,000 of them.
    if bytes.count == ObjectID.hexCount + 1, bytes[ObjectID.hexCount] == UInt8(ascii: "\n"),
      let oid = ObjectID(hex: bytes[..<ObjectID.hexCount])
    {
      self = oid.isZero ? .broken("null oid") : .direct(oid)
      return
    }
    var text = bytes[...]
    while let last = text.last, Self.isSpace(last) { text.removeLast() }
    if text.starts(with: Self.symbolicMark) {
      var target = text.dropFirst(Self.symbolicMark.count)
      while let first = target.first, Self.isSpace(first) { target.removeFirst() }
      let name = ReferenceName(bytes: Array(target))
      self = name.isValid ? .symbolic(name) : .broken("symbolic ref to an invalid name")
    } else if text.count >= ObjectID.hexCount, let oid = ObjectID(hex: text.prefix(ObjectID.hexCount)),
      text.count == ObjectID.hexCount || Self.isSpace(text[text.startIndex + ObjectID.hexCount])
    {
      self = oid.isZero ? .broken("null oid") : .direct(oid)
    } else {
      self = .broken(text.isEmpty ? "empty file" : "unreadable content")
    }
  }

  private static let symbolicMark = Array("ref:".utf8)

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
