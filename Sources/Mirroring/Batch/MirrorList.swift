package import GitTransport
package import SystemPackage

/// A list of repositories to mirror: a line each, `SOURCE [RELATIVE-DESTINATION]`, `#` begins a comment.
package enum MirrorList {
  package struct Entry: Sendable {
    package let source: SourceURL
    /// Below the directory of the copies.
    package let destination: FilePath
  }

  /// - Parameter directory: where relative destinations begin.
  /// - Throws: `MirrorError` with the number of the line: bad source, a destination that leaves the directory, two lines for
  ///   one destination, or one inside the other.
  package static func parse(_ text: String, into directory: FilePath) throws(MirrorError) -> [Entry] {
    var entries: [Entry] = []
    var lineOfDestination: [FilePath: Int] = [:]
    var lineOfAncestor: [FilePath: Int] = [:]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
      guard let first = words.first else { continue }
      let number = index + 1
      guard words.count <= 2 else {
        throw invalid(number, "more than a source and a destination", "write one repository a line")
      }
      let source: SourceURL
      do {
        source = try SourceURL(String(first))
      } catch {
        throw invalid(number, "\(error.cause)", error.hint ?? "correct the source")
      }
      let relative = words.count == 2 ? String(words[1]) : defaultDestination(of: source)
      let path = FilePath(relative)
      let isInside = path.isRelative && !path.isEmpty && !path.components.contains { $0.kind != .regular }
      guard isInside, !path.components.contains(where: { $0.string.hasPrefix(".remora") }) else {
        throw invalid(number, "'\(relative)' is no path below the directory", "name a relative path without '..'")
      }
      let destination = directory.pushing(path)
      if let earlier = lineOfDestination.updateValue(number, forKey: destination) {
        throw invalid(number, "'\(relative)' is also the destination of line \(earlier)", "give one of them a name")
      }
      if let inner = lineOfAncestor[destination] {
        throw invalid(number, "the destination of line \(inner) lies inside '\(relative)'", "keep copies side by side")
      }
      for ancestor in ancestors(of: path).map(directory.pushing) {
        if let outer = lineOfDestination[ancestor] {
          throw invalid(
            number, "'\(relative)' lies inside the destination of line \(outer)", "keep copies side by side")
        }
        lineOfAncestor[ancestor] = number
      }
      entries.append(Entry(source: source, destination: destination))
    }
    return entries
  }

  /// `a` and `a/b` of `a/b/c`.
  private static func ancestors(of path: FilePath) -> [FilePath] {
    var ancestors: [FilePath] = []
    var rest = path.removingLastComponent()
    while !rest.isEmpty {
      ancestors.append(rest)
      rest.removeLastComponent()
    }
    return ancestors
  }

  /// The last part of the source's path, with `.git`.
  package static func defaultDestination(of source: SourceURL) -> String {
    var name = source.redacted.split(separator: "/").last.map(String.init) ?? ""
    if name == ".git" { name = source.redacted.split(separator: "/").dropLast().last.map(String.init) ?? "" }
    if let colon = name.lastIndex(of: ":") { name = String(name[name.index(after: colon)...]) }
    return name.hasSuffix(".git") ? name : name + ".git"
  }

  private static func invalid(_ line: Int, _ what: String, _ hint: String) -> MirrorError {
    MirrorError(.invalidList, "read the list, line \(line): \(what)", hint: hint)
  }
}
