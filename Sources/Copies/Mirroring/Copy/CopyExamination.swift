package import DurableFiles
internal import Git
internal import GitTransport
internal import GitValues
internal import RefStore
package import SystemPackage

/// One damaged part of a copy.
package struct CopyDamage: Hashable, Sendable {
  /// What puts it right.
  package enum Remedy: Hashable, Sendable {
    /// The part is rewritten in place: no content is lost (`CopyRepair`).
    case rewrite
    /// The owner gets back what it needs to use the part; nothing else changes.
    case openPermissions
    /// A fresh download replaces the copy, which is moved to the trash.
    case freshCopy
  }

  /// A path within the copy.
  package let part: String
  /// The problem, on one line.
  package let message: String
  package let remedy: Remedy

  package init(_ part: String, _ message: String, _ remedy: Remedy) {
    self.part = part
    self.message = message
    self.remedy = remedy
  }
}

extension CopyDamage: CustomStringConvertible {
  package var description: String { "\(part): \(message)" }
}

/// Examines all of a copy except its objects and refs: a dozen stats and one small file. Writes nothing, takes no lock.
///
/// The files that a run changes (`packed-refs` and `HEAD` by rename, files in staging) are complete at every moment, so
/// a copy may be examined during a run.
package struct CopyExamination {
  let layout: CopyLayout
  let files: any FileSystemPort

  package init(_ copy: FilePath, through files: any FileSystemPort) {
    layout = CopyLayout(root: copy)
    self.files = files
  }

  /// Whether Remora has created this directory, or taken it over: by its configuration, or, where that is damaged, by
  /// Remora's files.
  package static func isOurs(_ copy: FilePath, through files: any FileSystemPort) throws(FileError) -> Bool {
    let layout = CopyLayout(root: copy)
    for path in [layout.state, layout.journal, layout.ownerLock] where try files.status(of: path) != nil { return true }
    // A configuration that cannot be read says nothing; then only the files count.
    return (try? Configuration(path: layout.configuration.pathText).string("remora.source")) != nil
  }

  /// - Throws: `FileError` for a path that cannot be examined.
  package func damage() throws(FileError) -> [CopyDamage] {
    guard let status = try files.status(of: layout.root) else { return [] }
    guard status.kind == .directory else {
      return [CopyDamage("", "'\(layout.root)' is not a directory", .freshCopy)]
    }
    var found = try closedParts(status)
    // An inaccessible directory cannot be examined.
    guard found.isEmpty else { return found }
    found = try skeleton()
    found += try foreignTraits()
    if !found.contains(where: { $0.part == "config" }), let damage = try configuration() { found.append(damage) }
    found += try ownFiles()
    return found
  }

  private func kind(_ path: FilePath) throws(FileError) -> FileKind? { try files.status(of: path)?.kind }

  /// Directories that their owner may not use, and files that it may not read.
  private func closedParts(_ root: FileStatus) throws(FileError) -> [CopyDamage] {
    if let damage = closed(root, "") { return [damage] }
    var found: [CopyDamage] = []
    for (path, name) in [
      (layout.objects, "objects"), (layout.packs, "objects/pack"), (layout.refs, "refs"), (layout.own, "remora"),
      (layout.head, "HEAD"), (layout.configuration, "config"), (layout.packedRefs, "packed-refs"),
      (layout.journal, "remora/refs.journal.jsonl"),
    ] {
      // Paths below an inaccessible one cannot be examined.
      if let last = found.last, name.hasPrefix(last.part + "/") { continue }
      guard let status = try files.status(of: path), let damage = closed(status, name) else { continue }
      found.append(damage)
    }
    return found
  }

  private func closed(_ status: FileStatus, _ part: String) -> CopyDamage? {
    let needed: FilePermissions
    switch status.kind {
    case .directory: needed = .ownerReadWriteExecute
    case .regular: needed = .ownerRead
    case .symbolicLink, .other: return nil
    }
    guard !status.permissions.contains(needed) else { return nil }
    return CopyDamage(
      part, "its owner may not use it (mode \(String(status.permissions.rawValue, radix: 8)))", .openPermissions)
  }

  private func skeleton() throws(FileError) -> [CopyDamage] {
    var found: [CopyDamage] = []
    for (path, name, remedy) in [
      (layout.objects, "objects", CopyDamage.Remedy.freshCopy), (layout.packs, "objects/pack", .freshCopy),
      (layout.refs, "refs", .rewrite),
    ] {
      switch try kind(path) {
      case .directory: break
      case nil: found.append(CopyDamage(name, "the directory is missing", remedy))
      case .some: found.append(CopyDamage(name, "it is not a directory", remedy))
      }
      // Said once: without `objects` there is no `objects/pack`.
      if name == "objects", !found.isEmpty { break }
    }
    if try kind(layout.refs) == nil, !found.contains(where: { $0.part == "refs" }) {
      found.append(CopyDamage("refs", "the directory is missing", .rewrite))
    }
    switch try kind(layout.head) {
    case .regular:
      let bytes = try? files.contents(of: layout.head, limit: 1 << 16)  // unreadable or too large: no HEAD either
      if bytes.flatMap({ $0 }).flatMap({ HeadLine(LooseRef(parsing: $0)) }) == nil {
        found.append(CopyDamage("HEAD", "it is neither 'ref: NAME' nor an object id", .rewrite))
      }
    case nil: found.append(CopyDamage("HEAD", "the file is missing", .rewrite))
    case .some: found.append(CopyDamage("HEAD", "it is not a regular file", .rewrite))
    }
    switch try kind(layout.configuration) {
    case .regular: break
    case nil: found.append(CopyDamage("config", "the file is missing", .rewrite))
    case .some: found.append(CopyDamage("config", "it is not a regular file", .rewrite))
    }
    if let kind = try kind(layout.packedRefs), kind != .regular {
      found.append(CopyDamage("packed-refs", "it is not a regular file", .freshCopy))
    }
    return found
  }

  /// What makes a repository depend on another one, or lack a part of its history.
  private func foreignTraits() throws(FileError) -> [CopyDamage] {
    var found: [CopyDamage] = []
    for (name, message) in [
      ("objects/info/alternates", "it makes the copy borrow objects of another repository"),
      ("info/grafts", "it changes what the history is"), ("shallow", "it cuts the history off"),
      ("commondir", "it says that refs and objects are elsewhere"),
    ] {
      guard let status = try files.status(of: layout.root.pushing(FilePath(name))) else { continue }
      if status.kind != .regular || status.size > 0 { found.append(CopyDamage(name, message, .freshCopy)) }
    }
    return found
  }

  /// git reads this file before anything else of the copy: what it cannot parse makes the whole copy unreadable.
  /// libgit2 is more lenient (it takes a file of zero bytes for an empty one), hence the look at the bytes.
  private func configuration() throws(FileError) -> CopyDamage? {
    let bytes: [UInt8]
    do {
      bytes = try files.contents(of: layout.configuration, limit: 1 << 20) ?? []
    } catch {
      guard error.code == .fileTooLarge else { throw error }
      return CopyDamage("config", "it is larger than any configuration", .rewrite)
    }
    if bytes.contains(0) { return CopyDamage("config", "it holds zero bytes", .rewrite) }
    do throws(GitError) {
      let configuration = try Configuration(path: layout.configuration.pathText)
      let version = try configuration.integer("core.repositoryformatversion") ?? 0
      if version > 1 { return CopyDamage("config", "core.repositoryFormatVersion is \(version)", .rewrite) }
      if try configuration.bool("core.bare") == false { return CopyDamage("config", "core.bare is not true", .rewrite) }
      guard try configuration.string("remora.source") != nil else {
        return CopyDamage("config", "its section [remora] is missing", .rewrite)
      }
      // Without these a 'git gc' would drop what only the history names.
      let auto = try configuration.string("gc.auto")
      let expiry = try configuration.string("gc.reflogexpireunreachable")
      if auto != "0" || expiry?.lowercased() != "never" {
        return CopyDamage("config", "it does not keep dropped objects: gc.auto, gc.reflogExpireUnreachable", .rewrite)
      }
      return nil
    } catch {
      return CopyDamage("config", "it cannot be parsed: \(error.message)", .rewrite)
    }
  }

  private func ownFiles() throws(FileError) -> [CopyDamage] {
    var found: [CopyDamage] = []
    if let kind = try kind(layout.own), kind != .directory {
      return [CopyDamage("remora", "it is not a directory", .rewrite)]
    }
    for (path, name) in [
      (layout.ownerLock, "remora/lock"), (layout.state, "remora/state.json"),
      (layout.journal, "remora/refs.journal.jsonl"),
      (layout.droppedLog, "logs/refs/remora/dropped"),
    ] {
      if let kind = try kind(path), kind != .regular {
        found.append(CopyDamage(name, "it is not a regular file", .rewrite))
      }
    }
    if let kind = try kind(layout.staging), kind != .directory {
      found.append(CopyDamage("remora/staging", "it is not a directory", .rewrite))
    }
    var parent = layout.droppedLog.removingLastComponent()
    while parent != layout.root {
      if let kind = try kind(parent), kind != .directory {
        found.append(
          CopyDamage(
            String(parent.string.dropFirst(layout.root.string.utf8.count + 1)), "it is not a directory", .rewrite))
      }
      parent.removeLastComponent()
    }
    if !found.contains(where: { $0.part.hasSuffix(".jsonl") }), let message = journalDamage() {
      found.append(CopyDamage("remora/refs.journal.jsonl", message, .rewrite))
    }
    return found
  }

  private func journalDamage() -> String? {
    do {
      _ = try RefJournal(layout, through: files).undecided()
      return nil
    } catch let error as MirrorError {
      return error.message
    } catch {
      return "\(error)"
    }
  }
}
