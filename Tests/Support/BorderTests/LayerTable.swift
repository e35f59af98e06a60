/// The README's table of targets as data: in which area each one is and what it may import.
struct LayerTable: Equatable {
  struct Row: Equatable {
    let area: String
    let target: String
    /// Targets of ours and modules of others; a `*` at the end stands for anything.
    let mayImport: Set<String>

    init(_ area: String, _ target: String, _ mayImport: Set<String> = []) {
      self.area = area
      self.target = target
      self.mayImport = mayImport
    }
  }

  /// The areas from the lowest to the highest: a target imports from its own area and from those before it.
  static let areas = ["Base", "Git", "Copies", "Replication", "Agent", "Products"]

  let rows: [Row]

  /// The system's own modules, which every target may import.
  static let systemModules: Set<String> = ["Glibc", "Foundation", "FoundationEssentials", "Synchronization", "Swift"]
  /// Targets of bytes and values: Foundation would bring its own idea of strings, files and time.
  static let withoutFoundation: Set<String> = ["TextBytes", "GitValues", "GitProtocol", "DurableFiles"]
  /// Modules that exactly one target may import.
  static let soleImporters = ["CLibgit2": "Git", "CLibssh2": "GitTransport", "AsyncHTTPClient": "BoundedHTTP"]

  func row(_ target: String) -> Row? { rows.first { $0.target == target } }

  /// Returns why this target may not import this module; nil when it may.
  func objection(to module: String, in target: String) -> String? {
    guard let row = row(target) else { return "the layer table has no row for \(target)" }
    if let sole = Self.soleImporters[module], sole != target { return "only \(sole) may import \(module)" }
    if Self.systemModules.contains(module) {
      let isForbidden = module.hasPrefix("Foundation") && Self.withoutFoundation.contains(target)
      return isForbidden ? "\(target) does without \(module)" : nil
    }
    return allows(module, row) ? nil : "the layer table does not let \(target) import \(module)"
  }

  func allows(_ module: String, _ row: Row) -> Bool {
    row.mayImport.contains { allowed in
      allowed.hasSuffix("*") ? module.hasPrefix(allowed.dropLast()) : allowed == module
    }
  }

  /// Rows that let a target import from a higher area, and targets of one area that may import each other.
  var risingRows: [String] {
    var found: [String] = []
    for row in rows {
      guard let level = Self.areas.firstIndex(of: row.area) else {
        found.append("\(row.target) is in '\(row.area)', which is no area")
        continue
      }
      for name in row.mayImport.sorted() {
        guard let other = self.row(name), let otherLevel = Self.areas.firstIndex(of: other.area) else { continue }
        if otherLevel > level { found.append("\(row.target) may import \(name), which is not below it") }
        if reaches(row.target, from: name) { found.append("\(row.target) and \(name) may import each other") }
      }
    }
    return found
  }

  private func reaches(_ target: String, from start: String) -> Bool {
    var (seen, next): (Set<String>, [String]) = ([], [start])
    while let name = next.popLast() {
      guard name != target else { return true }
      guard seen.insert(name).inserted else { continue }
      next += row(name)?.mayImport ?? []
    }
    return false
  }
}
