import GitValues

/// Builds repositories in code: the same calls give the same oids in every run and on every machine.
///
/// Calls only write a `git fast-import` stream and remember refs; `build(at:)` runs git a handful of times, whatever the
/// size, so 20,000 refs or 10,000 commits take about a second.
package struct RepositoryBuilder {
  /// How the objects lie in the repository that is built.
  package enum Storage: Sendable { case packed, loose }

  /// The state of HEAD to build.
  package enum HeadChoice: Sendable {
    /// `ref: refs/heads/NAME`, whether that branch exists or not.
    case branch(String)
    /// `ref: NAME`.
    case symbolic(String)
    case detached(BuiltObject)
  }

  struct Tag {
    let mark: Int
    let name: String
    let target: BuiltObject
    let message: String
    let seconds: Int
  }

  package var objectStorage = Storage.packed
  /// Whether refs end in `packed-refs` or as a file each.
  package var refStorage = Storage.packed
  /// nil: `main` in a new repository, unchanged in one that exists.
  package var head: HeadChoice?
  /// Paths of object directories to borrow from (`objects/info/alternates`).
  package var alternates: [String] = []
  /// Lines for `packed-refs` as they are, without newline: for names that git would refuse to write.
  package var rawPackedRefLines: [String] = []

  var stream: [UInt8] = []
  var tags: [Tag] = []
  var refs: [(name: String, target: BuiltObject)] = []
  var deletedRefs: [String] = []
  var symbolicRefs: [(name: String, target: String)] = []
  /// Marks of the stream, without those of tags.
  var importedMarks: [Int] = []
  private var lastMark = 0
  /// Seconds since 1970 of the next object that carries a time; a minute more each.
  private var seconds: Int

  package init() { self.init(startingAt: 1_700_000_000) }

  init(startingAt seconds: Int) { self.seconds = seconds }

  // MARK: Objects

  /// Adds a blob of its own.
  package mutating func blob(_ content: [UInt8]) -> BuiltObject {
    let mark = nextImportedMark()
    line("blob")
    line("mark :\(mark)")
    data(content)
    return .mark(mark)
  }

  /// Adds a commit: the first parent's tree with `files` put in or removed.
  ///
  /// - Parameter parents: none makes a root; more than two an octopus. They are marks or oids of commits.
  package mutating func commit(
    _ files: [String: FileContent] = [:], parents: [BuiltObject] = [], message: String = "Change"
  ) -> BuiltObject {
    if parents.isEmpty { line("reset \(Self.scratchRef)\n") }
    line("commit \(Self.scratchRef)")
    let mark = nextImportedMark()
    line("mark :\(mark)")
    let time = nextSeconds()
    line("author Ada Remora <ada@example.org> \(time) +0000")
    line("committer Ada Remora <ada@example.org> \(time) +0000")
    data(Array("\(message)\n".utf8))
    for (index, parent) in parents.enumerated() { line("\(index == 0 ? "from" : "merge") \(Self.name(parent))") }
    for (path, content) in files.sorted(by: { $0.key < $1.key }) { put(content, at: path) }
    line("")
    return .mark(mark)
  }

  /// Adds a line of commits, each changing one file; returns them oldest first.
  package mutating func commits(
    _ count: Int, onto parent: BuiltObject? = nil, file: String = "file", label: String = "change"
  ) -> [BuiltObject] {
    var made: [BuiltObject] = []
    made.reserveCapacity(count)
    var last = parent
    for number in 1...max(count, 1) where count > 0 {
      let commit = commit(
        [file: "\(label) \(number)\n"], parents: last.map { [$0] } ?? [], message: "\(label) \(number)")
      made.append(commit)
      last = commit
    }
    return made
  }

  /// Adds a commit that carries a note for each of `targets`; point `refs/notes/commits` at it.
  package mutating func notes(_ text: String, on targets: [BuiltObject]) -> BuiltObject {
    line("reset \(Self.scratchRef)\n")
    line("commit \(Self.scratchRef)")
    let mark = nextImportedMark()
    line("mark :\(mark)")
    line("committer Ada Remora <ada@example.org> \(nextSeconds()) +0000")
    data(Array("Notes\n".utf8))
    for target in targets {
      line("N inline \(Self.name(target))")
      data(Array("\(text)\n".utf8))
    }
    line("")
    return .mark(mark)
  }

  /// Returns the tree of a commit that this builder made.
  package func tree(of commit: BuiltObject) -> BuiltObject {
    guard case .mark(let mark) = commit else { preconditionFailure("only a commit of this builder") }
    return .tree(ofMark: mark)
  }

  /// Adds an annotated tag object of anything, without a ref.
  package mutating func tagObject(_ name: String, of target: BuiltObject, message: String = "Tag") -> BuiltObject {
    let mark = nextMark()
    tags.append(Tag(mark: mark, name: name, target: target, message: message, seconds: nextSeconds()))
    return .mark(mark)
  }

  // MARK: Refs

  /// Sets a ref by its full name; the last call for a name wins.
  package mutating func ref(_ name: String, at target: BuiltObject) { refs.append((name, target)) }

  /// Sets `refs/heads/NAME`.
  package mutating func branch(_ name: String, at target: BuiltObject) { ref("refs/heads/\(name)", at: target) }

  /// Sets `refs/tags/NAME` to a new annotated tag, which is returned.
  @discardableResult
  package mutating func tag(_ name: String, of target: BuiltObject, message: String = "Tag") -> BuiltObject {
    let tag = tagObject(name, of: target, message: message)
    ref("refs/tags/\(name)", at: tag)
    return tag
  }

  /// Sets `refs/tags/NAME` to the object itself.
  package mutating func lightweightTag(_ name: String, at target: BuiltObject) { ref("refs/tags/\(name)", at: target) }

  /// Makes `name` a symbolic ref; the target may be missing.
  package mutating func symbolicRef(_ name: String, to target: String) { symbolicRefs.append((name, target)) }

  /// Deletes a ref that the repository has (in `TestRepository.change`).
  package mutating func deleteRef(_ name: String) { deletedRefs.append(name) }

  // MARK: The stream

  /// fast-import needs a ref to commit to; it is deleted before anything else is done.
  static let scratchRef = "refs/builder/scratch"

  static func name(_ object: BuiltObject) -> String {
    switch object {
    case .mark(let mark): ":\(mark)"
    case .oid(let oid): oid.hex
    case .tree: preconditionFailure("a tree is no parent")
    }
  }

  private mutating func put(_ content: FileContent, at path: String) {
    precondition(!path.contains("\n") && !path.hasPrefix("\""), "the stream would need quoting: \(path)")
    switch content {
    case .bytes(let bytes): put(bytes, mode: "100644", at: path)
    case .executable(let bytes): put(bytes, mode: "100755", at: path)
    case .symbolicLink(let target): put(Array(target.utf8), mode: "120000", at: path)
    case .submodule(let oid): line("M 160000 \(oid) \(path)")
    case .blob(let blob): line("M 100644 \(Self.name(blob)) \(path)")
    case .removed: line("D \(path)")
    }
  }

  private mutating func put(_ bytes: [UInt8], mode: String, at path: String) {
    line("M \(mode) inline \(path)")
    data(bytes)
  }

  private mutating func line(_ text: String) {
    stream.append(contentsOf: text.utf8)
    stream.append(UInt8(ascii: "\n"))
  }

  private mutating func data(_ bytes: [UInt8]) {
    line("data \(bytes.count)")
    stream.append(contentsOf: bytes)
    stream.append(UInt8(ascii: "\n"))
  }

  private mutating func nextMark() -> Int {
    lastMark += 1
    return lastMark
  }

  private mutating func nextImportedMark() -> Int {
    importedMarks.append(nextMark())
    return lastMark
  }

  private mutating func nextSeconds() -> Int {
    defer { seconds += 60 }
    return seconds
  }
}
