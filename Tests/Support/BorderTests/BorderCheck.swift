/// The rules of the sources, as a check of texts: it gets no file system, so that its own tests can plant violations.
struct BorderCheck {
  /// A file below `Sources`, by its room and its path for messages.
  struct File {
    let room: String
    let path: String
    let text: SwiftText

    init(room: String, path: String, _ text: String) {
      self.room = room
      self.path = path
      self.text = SwiftText(text)
    }
  }

  static let lineLimit = 400
  /// What ends the process where an error should be thrown.
  static let forbiddenCode = ["try!", "as!", "fatalError("]
  /// What starts a process: every child is bounded and reaped in one place.
  static let spawningCode = ["posix_spawn", "fork(", "forkpty(", "execv", "popen(", "system(", "Process("]
  static let spawningRoom = "ChildProcess"
  /// What switches a check of the compiler off and needs a reason in a comment.
  static let uncheckedCode = ["@unchecked Sendable", "nonisolated(unsafe)"]

  let table: LayerTable

  /// Returns everything that a file breaks, as `path:line: what`.
  func violations(in file: File) -> [String] {
    forbiddenImports(in: file) + forbiddenCode(in: file) + spawns(in: file) + unprovenClaims(in: file)
      + excessLength(of: file)
  }

  private func forbiddenImports(in file: File) -> [String] {
    file.text.imports.compactMap { module, line in
      table.objection(to: module, in: file.room).map { "\(file.path):\(line): \($0)" }
    }
  }

  private func forbiddenCode(in file: File) -> [String] {
    file.text.code.enumerated().flatMap { number, line in
      Self.forbiddenCode.filter { line.contains($0) }.map { "\(file.path):\(number + 1): \($0)" }
    }
  }

  private func spawns(in file: File) -> [String] {
    guard file.room != Self.spawningRoom else { return [] }
    return file.text.code.enumerated().flatMap { number, line in
      Self.spawningCode.filter { name in
        // Not the end of a longer name: `ChildProcess(` is no `Process(`.
        line.ranges(of: name).contains { range in
          guard range.lowerBound > line.startIndex else { return true }
          let before = line[line.index(before: range.lowerBound)]
          return !before.isLetter && !before.isNumber && before != "_"
        }
      }
      .map { "\(file.path):\(number + 1): only \(Self.spawningRoom) may start processes: \($0)" }
    }
  }

  private func unprovenClaims(in file: File) -> [String] {
    file.text.code.enumerated().compactMap { number, line in
      guard let claim = Self.uncheckedCode.first(where: { line.contains($0) }) else { return nil }
      let isProven = hasComment(above: number, in: file.text)
      return isProven ? nil : "\(file.path):\(number + 1): \(claim) without a comment directly above"
    }
  }

  private static let declarations = ["class ", "struct ", "enum ", "actor ", "extension ", "let ", "var ", "func "]

  /// Returns whether the comment stands above the declaration; attributes on lines of their own and a clause that was
  /// wrapped lie between.
  private func hasComment(above number: Int, in text: SwiftText) -> Bool {
    var line = number
    while line > 0, !Self.declarations.contains(where: { text.code[line].contains($0) }) { line -= 1 }
    line -= 1
    while line >= 0, text.lines[line].drop(while: \.isWhitespace).hasPrefix("@") { line -= 1 }
    return line >= 0 && text.lines[line].drop(while: \.isWhitespace).hasPrefix("//")
  }

  private func excessLength(of file: File) -> [String] {
    let count = file.text.lines.count - (file.text.lines.last == "" ? 1 : 0)
    return count > Self.lineLimit ? ["\(file.path): \(count) lines, \(Self.lineLimit) is the limit"] : []
  }

  /// Rooms that import each other in a circle, one circle a line.
  func cycles(in files: [File]) -> [String] {
    var edges: [String: Set<String>] = [:]
    for file in files { edges[file.room, default: []].formUnion(file.text.imports.map(\.module)) }
    var done: Set<String> = []
    var found: [String] = []
    func visit(_ room: String, _ path: [String]) {
      if let start = path.firstIndex(of: room) {
        found.append((path[start...] + [room]).joined(separator: " → "))
        return
      }
      guard !done.contains(room) else { return }
      for next in (edges[room] ?? []).sorted() where edges[next] != nil { visit(next, path + [room]) }
      done.insert(room)
    }
    for room in edges.keys.sorted() { visit(room, []) }
    return found
  }
}
