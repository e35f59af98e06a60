/// What `Package.swift` says of the targets in `Sources`.
struct Manifest {
  /// The names that each library and program depends on: targets of ours and products of others.
  private(set) var dependencies: [String: Set<String>] = [:]

  /// - Parameter text: the table `libraries`, with lines of the form `Area/Name Dependency Dependency + OnlyOfItsTests`, where a
  ///   backslash at the end continues a line, and calls of the form `program("name", "Dependency Dependency"`.
  init(_ text: String) {
    let table = #/let libraries = """\n(?<lines>[^"]*)"""/#
    let lines = text.firstMatch(of: table)?.lines.replacing(#/\\\n\s*/#, with: "") ?? ""
    for line in lines.split(separator: "\n") {
      let names = line.prefix { $0 != "+" }.split(separator: " ").map(String.init)
      guard let name = names.first?.split(separator: "/").last else { continue }
      dependencies[String(name)] = Set(names.dropFirst())
    }
    for match in text.matches(of: #/program\("(?<name>\w+)", "(?<names>[^"]*)"/#) {
      dependencies[String(match.name)] = Set(match.names.split(separator: " ").map(String.init))
    }
  }
}
