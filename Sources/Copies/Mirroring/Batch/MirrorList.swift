package import GitTransport
internal import GitValues
package import SystemPackage

/// A list of repositories to mirror: a line each, `SOURCE [RELATIVE-DESTINATION]`; a line that begins with `#` is a
/// comment.
package enum MirrorList {
  package struct Entry: Sendable {
    package let source: SourceURL
    /// Below the directory of the copies.
    package let destination: FilePath
  }

  /// Reads the bytes of a list. Lines end with LF or CR LF; words are separated by spaces and tabs.
  ///
  /// - Parameters:
  ///   - directory: where relative destinations begin.
  ///   - current: where relative sources begin.
  /// - Throws: `MirrorError` with the number of the line: bad source, a destination that leaves the directory, two
  ///   lines for one destination, or one inside the other. Also for a list that names no repository.
  package static func parse(
    _ bytes: [UInt8], into directory: FilePath, relativeTo current: FilePath = FilePath(".")
  ) throws(MirrorError) -> [Entry] {
    if let encoding = TextLines.foreignEncoding(of: bytes) {
      throw MirrorError(
        .invalidList, "read the list: its encoding is \(encoding)", hint: "save it as UTF-8 with a line a repository")
    }
    var entries: [Entry] = []
    var lineOfDestination: [FilePath: Int] = [:]
    var lineOfAncestor: [FilePath: Int] = [:]
    for (index, line) in TextLines.split(bytes).enumerated() {
      let words = TextLines.words(line).map(PathText.text)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      let number = index + 1
      guard words.count <= 2 else {
        throw invalid(
          number, "more than a source and a destination",
          "write one repository a line, and comments on lines of their own")
      }
      let source = try source(first, number, current)
      let relative = words.count == 2 ? words[1] : defaultDestination(of: source)
      try refuseUnlikelyDestination(relative, number)
      let path = FilePath(pathText: relative)
      let shown = PathText.shown(relative)
      let isInside = path.isRelative && !path.isEmpty && !path.components.contains { $0.kind != .regular }
      guard isInside, !path.components.contains(where: { $0.string.hasPrefix(".remora") }) else {
        throw invalid(number, "'\(shown)' is no path below the directory", "name a relative path without '..'")
      }
      let destination = directory.pushing(path)
      if let earlier = lineOfDestination.updateValue(number, forKey: destination) {
        throw invalid(number, "'\(shown)' is also the destination of line \(earlier)", "give one of them a name")
      }
      if let inner = lineOfAncestor[destination] {
        throw invalid(number, "the destination of line \(inner) lies inside '\(shown)'", "keep copies side by side")
      }
      for ancestor in ancestors(of: path).map(directory.pushing) {
        if let outer = lineOfDestination[ancestor] {
          throw invalid(
            number, "'\(shown)' lies inside the destination of line \(outer)", "keep copies side by side")
        }
        lineOfAncestor[ancestor] = number
      }
      entries.append(Entry(source: source, destination: destination))
    }
    guard !entries.isEmpty else {
      throw MirrorError(
        .invalidList, "read the list: it names no repository",
        hint: "write one 'SOURCE [RELATIVE-DESTINATION]' a line; lines that begin with # are comments")
    }
    return entries
  }

  private static func source(_ text: String, _ number: Int, _ current: FilePath) throws(MirrorError) -> SourceURL {
    do {
      let source = try SourceURL(text)
      guard case .file(let path) = source.kind, !path.hasPrefix("/") else { return source }
      // A word that is no path is a line of something else, a mark of a merge conflict for example.
      let absolute = current.pushing(FilePath(pathText: path))
      guard text.contains("/") || absolute.exists else {
        throw invalid(
          number, "'\(PathText.shown(text))' is neither a URL nor a path that is there", "correct the source")
      }
      return try SourceURL(absolute.pathText)
    } catch let error as MirrorError {
      throw error
    } catch let error as TransportError {
      throw invalid(number, "\(error.cause)", error.hint ?? "correct the source")
    } catch {
      throw invalid(number, "\(error)", "correct the source")
    }
  }

  /// Refuses text that has the form of a path but is probably a mistake: a second source or a comment. A URL may hold a
  /// password, so it is not shown.
  private static func refuseUnlikelyDestination(_ text: String, _ number: Int) throws(MirrorError) {
    guard !text.contains("://"), !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw invalid(number, "its destination is a URL or holds a control character", "write one repository a line")
    }
    guard !text.hasPrefix("#") else {
      throw invalid(number, "a comment behind the source", "write comments on lines of their own")
    }
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
