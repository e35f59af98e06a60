import DurableFiles
import Git
import GitValues
import Glibc
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

  /// Requires, after a finished run: refs in packed-refs only, no lock, nothing temporary, in the copy and beside it.
  static func requireTidy(_ copy: FilePath) throws {
    guard try !LooseRefs.exist(repository: copy, through: RealFileSystem()) else {
      throw TestSupportError("loose refs are left in \(copy): \(try names(below: copy.appending("refs").string))")
    }
    let beside = try names(below: copy.removingLastComponent().string)
    let left = beside.filter { name in
      let file = name.split(separator: "/").last ?? ""
      return name.contains(".remora-") || name.contains("/staging") || file.hasSuffix(".lock") || file.hasSuffix(".new")
        || file.contains(".remora-tmp-") || file.hasPrefix("pack_git2_")
        || file.hasSuffix(".pack") && !beside.contains(name.dropLast(5) + ".idx")
    }
    guard left.isEmpty else { throw TestSupportError("left behind: \(left)") }
  }

  /// Returns the oids that the dropped log keeps alive, as git reads a reflog: the second word of each whole line.
  static func dropped(_ copy: FilePath) throws -> Set<String> {
    let path = CopyLayout(root: copy).droppedLog
    guard let bytes = try RealFileSystem().contents(of: path, limit: 1 << 20) else { return [] }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    return Set(
      lines.compactMap { line in
        let words = line.split(separator: " ", maxSplits: 2)
        return words.count == 3 && words[2].contains("\tdropped from ") ? String(words[1]) : nil
      })
  }

  /// Returns every file and directory below a directory, relative to it, with a slash before it. By plain calls: this
  /// is asked in thousands of states.
  static func names(below directory: String) throws -> Set<String> {
    var found: Set<String> = []
    var open = [""]
    while let inner = open.popLast() {
      guard let stream = opendir(directory + inner) else { throw TestSupportError("list \(directory)\(inner)") }
      defer { closedir(stream) }
      while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name == "." || name == ".." { continue }
        found.insert("\(inner)/\(name)")
        if Int(entry.pointee.d_type) == DT_DIR { open.append("\(inner)/\(name)") }
      }
    }
    return found
  }
}
