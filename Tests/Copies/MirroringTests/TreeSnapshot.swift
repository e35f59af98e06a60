import DurableFiles
import SystemPackage

/// Everything below a directory: names, kinds, sizes, inodes, times and contents. Two are equal when nothing was
/// written.
struct TreeSnapshot: Equatable {
  /// One line a thing, for a failed expectation to show.
  let lines: [String]

  /// - Parameter ignored: a path below `root` whose times and content do not count.
  init(of root: String, ignoring ignored: String? = nil) throws {
    var lines: [String] = []
    try Self.describe(FilePath(root), named: "", ignored, into: &lines)
    self.lines = lines.sorted()
  }

  private static func describe(
    _ path: FilePath, named name: String, _ ignored: String?, into lines: inout [String]
  ) throws {
    let files = RealFileSystem()
    guard let status = try files.status(of: path) else { return lines.append("\(name): nothing") }
    guard name != ignored else { return lines.append("\(name): ignored") }
    var line = "\(name): \(status.kind) \(status.inode) \(status.modified) \(status.changed)"
    switch status.kind {
    case .directory:
      for entry in try files.entries(of: path) {
        let child = name.isEmpty ? entry.name.string : "\(name)/\(entry.name.string)"
        try describe(path.appending(entry.name), named: child, ignored, into: &lines)
      }
    case .regular:
      let bytes = try files.contents(of: path, limit: 1 << 30) ?? []
      line += " \(status.size) bytes, hash \(bytes.hashValue)"
    case .symbolicLink, .other: break
    }
    lines.append(line)
  }
}
