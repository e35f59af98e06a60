internal import ArgumentParser

/// Better words for a command line that the parser has refused: which word it is, and the nearest one that there is.
enum UsageAdvice {
  /// Returns the cause as the first line of an error; `nil` where the parser's own message suffices.
  static func reason(for arguments: [String]) -> String? {
    var command: any ParsableCommand.Type = RemoraCommand.self
    var rest = arguments[...]
    let asksForHelp = rest.first == "help"
    if asksForHelp { rest = rest.dropFirst() }
    while let word = rest.first, !word.hasPrefix("-") {
      let subcommands = command.configuration.subcommands
      if subcommands.isEmpty { break }
      guard let next = subcommands.first(where: { name(of: $0) == word }) else {
        let nearest = nearest(to: word, among: subcommands.map(name))
        // The parser names the word too, but not for help.
        guard asksForHelp || nearest != nil else { return nil }
        return "Unexpected argument '\(word)'\(suggestion(nearest))"
      }
      command = next
      rest = rest.dropFirst()
    }
    guard !asksForHelp else { return nil }
    let options = options(of: command)
    for argument in rest.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
      let option = String(argument.prefix { $0 != "=" })
      guard !options.contains(option) else { continue }
      return "Unknown option '\(option)'\(suggestion(nearest(to: option, among: options.sorted())))"
    }
    return nil
  }

  private static func suggestion(_ word: String?) -> String { word.map { ". Did you mean '\($0)'?" } ?? "" }

  private static func name(of command: any ParsableCommand.Type) -> String {
    command.configuration.commandName ?? "\(command)".lowercased()
  }

  /// The options that the help of a command names; more than it has where its text names those of others.
  private static func options(of command: any ParsableCommand.Type) -> Set<String> {
    let words = RemoraCommand.helpMessage(for: command).split { !($0.isLetter || $0.isNumber || $0 == "-") }
    return Set(words.filter { $0.hasPrefix("--") && $0.count > 2 }.map(String.init)).union(["--help", "--version"])
  }

  /// The word with the fewest changes, if those are few.
  static func nearest(to word: String, among words: [String]) -> String? {
    let found = words.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
    guard let (nearest, changes) = found, changes <= 2, changes * 2 < word.count else { return nil }
    return nearest
  }

  /// How many letters must be put in, left out or replaced to make one word of the other.
  private static func distance(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first), Array(second))
    var row = Array(0...second.count)
    for (line, letter) in first.enumerated() {
      var diagonal = row[0]
      row[0] = line + 1
      for (column, other) in second.enumerated() {
        let replaced = diagonal + (letter == other ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
      }
    }
    return row[second.count]
  }
}
