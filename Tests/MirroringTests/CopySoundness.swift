import DurableFiles
import Git
import GitValues
import Mirroring
import RefStore
import SystemPackage
import TestSupport

/// What must hold of a copy at any moment, looked at without the code under test and without starting a process.
enum CopySoundness {
  /// Reads every object that the refs reach, whole: none may be missing or torn.
  static func requireReachable(_ copy: FilePath) throws {
    let view = try RefReader(repository: copy, files: RealFileSystem()).view()
    let objects = try ObjectDatabase(objectsDirectory: copy.appending("objects").string)
    var seen: Set<ObjectID> = []
    var pending = view.refs.map(\.oid)
    if case .detached(let oid) = view.head { pending.append(oid) }
    while let oid = pending.popLast() {
      guard seen.insert(oid).inserted else { continue }
      let read: Void? = try objects.read(oid) { type, bytes in
        switch type {
        case .blob: break
        case .tag: pending.append(try TagParser(bytes).target)
        case .commit:
          let commit = try CommitParser(bytes)
          pending.append(commit.tree)
          commit.forEachParent { pending.append($0) }
        case .tree:
          var parser = TreeParser(bytes)
          while let entry = try parser.next() { if !entry.isGitlink { pending.append(entry.oid) } }
        }
      }
      guard read != nil else { throw TestSupportError("object \(oid) is missing in \(copy)") }
    }
  }

  /// After a finished run: refs in packed-refs only, no lock, nothing temporary, in the copy and beside it.
  static func requireTidy(_ copy: FilePath) throws {
    guard try !LooseRefs.exist(repository: copy, through: RealFileSystem()) else {
      throw TestSupportError("loose refs are left in \(copy): \(try names(below: copy.appending("refs")))")
    }
    let left = try names(below: copy.removingLastComponent()).filter { name in
      let file = name.lastComponent
      return name.components.contains { $0.string.hasPrefix(".remora-") || $0.string == "staging" }
        || file?.extension == "lock" || file?.extension == "new"
        || file.map { RealFileSystem().isLeftover($0) || $0.string.hasPrefix("pack_git2_") } ?? false
    }
    guard left.isEmpty else { throw TestSupportError("left behind: \(left.map(\.string))") }
    let packs = try names(below: copy.appending("objects/pack"))
    for pack in packs where pack.extension == "pack" {
      guard packs.contains(where: { $0.stem == pack.stem && $0.extension == "idx" }) else {
        throw TestSupportError("a pack without its index is left: \(pack)")
      }
    }
  }

  /// The oids that the dropped log keeps alive, as git reads a reflog: the second word of each whole line.
  static func dropped(_ copy: FilePath) throws -> Set<String> {
    let path = CopyLayout(root: copy).droppedLog
    guard let bytes = try RealFileSystem().contents(of: path, limit: 1 << 20) else { return [] }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    return Set(lines.compactMap { line in
      let words = line.split(separator: " ", maxSplits: 2)
      return words.count == 3 && words[2].contains("\tdropped from ") ? String(words[1]) : nil
    })
  }

  /// Every file and directory below a directory, relative to it.
  static func names(below directory: FilePath) throws -> [FilePath] {
    var found: [FilePath] = []
    var open = [FilePath()]
    while let inner = open.popLast() {
      for entry in try RealFileSystem().entries(of: directory.pushing(inner)) {
        let name = inner.appending(entry.name)
        found.append(name)
        if entry.kind == .directory { open.append(name) }
      }
    }
    return found
  }
}
