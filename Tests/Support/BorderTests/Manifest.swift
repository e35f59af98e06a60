/// What `Package.swift` says of the targets in `Sources`.
struct Manifest {
  /// The names that each library and program depends on: targets of ours and products of others.
  private(set) var dependencies: [String: Set<String>] = [:]

  /// - Parameter text: lines of the form `area.library("Name", "Dependency Dependency", …)`, wrapped or not; a longer list stands in
  ///   a literal of several lines.
  init(_ text: String) {
    let call = #/\.(?:library|program)\(\s*"(?<name>\w+)"(?:,\s*(?:"""(?<lines>[^"]*)"""|"(?<line>[^"]*)"))?/#
    for match in text.matches(of: call) {
      let list = match.lines ?? match.line ?? ""
      let names = list.split { $0.isWhitespace || $0 == "\\" }.map(String.init)
      dependencies[String(match.name)] = Set(names)
    }
  }
}
