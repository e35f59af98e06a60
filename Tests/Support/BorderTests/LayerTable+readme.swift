extension LayerTable {
  /// Reads the table `| Area | Target | … | May import |` of a Markdown text; nil when there is none.
  ///
  /// Targets and modules stand in backquotes or bare, `-` means nothing.
  init?(readme text: String) {
    let lines = text.split(separator: "\n").map { Self.cells($0) }
    guard
      let start = lines.firstIndex(where: { $0.first == "Area" && $0.contains("Target") && $0.last == "May import" }),
      let targetColumn = lines[start].firstIndex(of: "Target")
    else { return nil }
    let body = lines[(start + 1)...].dropFirst().prefix { $0.count == lines[start].count }
    rows = body.flatMap { cells -> [Row] in
      let allowed = Set(Self.names(cells[cells.count - 1]))
      return Self.names(cells[targetColumn]).map { Row(cells[0], $0, allowed) }
    }
  }

  private static func cells(_ line: Substring) -> [String] {
    guard line.hasPrefix("|") else { return [] }
    return line.split(separator: "|").map { String($0.drop(while: \.isWhitespace).trimmingEnd()) }
  }

  private static func names(_ cell: String) -> [String] {
    cell.split(separator: ",").map { part in
      String(part.filter { !$0.isWhitespace && $0 != "`" && $0 != "\\" })
    }.filter { !["", "-", "–", "—"].contains($0) }
  }
}

extension Substring {
  fileprivate func trimmingEnd() -> Substring {
    var rest = self
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return rest
  }
}
