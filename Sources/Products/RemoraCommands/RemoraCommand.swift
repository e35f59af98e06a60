package import ArgumentParser
internal import GitValues
internal import Glibc

/// The program `remora`.
package struct RemoraCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "remora",
    abstract: "Keeps exact, verified copies of bare git repositories.",
    discussion: """
      Exit status: 0 all good, 1 failed (or different), 2 some of several failed,
      3 a repository with broken refs, 64 wrong usage, 75 busy (another run or
      another program holds the copy), 130 ended by Ctrl-C, SIGTERM or
      SIGHUP.

      Examples:
        remora mirror https://git.example.org/project.git /srv/copies/project.git
        remora mirror --list repositories.txt --into /srv/copies --jobs 8
        remora verify https://git.example.org/project.git /srv/copies/project.git
        remora history /srv/copies/project.git refs/heads/main
        remora checksum /srv/copies/project.git
      """,
    version: "0.1.0",
    subcommands: [
      QuickstartCommand.self, MirrorCommand.self, VerifyCommand.self, ChecksumCommand.self, HistoryCommand.self,
      RestoreCommand.self, CheckCommand.self, HousekeepCommand.self, ForgetCommand.self,
      AgentCommand.self, StatusCommand.self, RegistryCommand.self, ExplainCommand.self, EventsCommand.self,
      EventCommand.self, TrashCommand.self, FeatureCommand.self, PromoteCommand.self, EpochCommand.self,
      HookCommand.self, TokenCommand.self, ConfigCommand.self,
    ])

  package init() {}
}

extension RemoraCommand {
  /// Runs the program with the arguments of this process, which need not be UTF-8 (see `PathText`).
  package static func runProgram() async {
    OpenFileLimit.raise()
    let arguments = CommandLine.rawArguments.dropFirst().map(PathText.text)
    if arguments.first == "help", let reason = UsageAdvice.reason(for: arguments) {
      exit(withError: ValidationError(reason))
    }
    let command: any ParsableCommand
    do {
      command = try parseAsRoot(arguments)
    } catch {
      guard exitCode(for: error) == .validationFailure, let reason = UsageAdvice.reason(for: arguments) else {
        exit(withError: error)
      }
      let usage = fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
      Output.status((["Error: \(reason)"] + usage.map(String.init)).joined(separator: "\n") + "\n")
      exit(withError: ExitStatus.usage)
    }
    do {
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        var synchronous = command
        try synchronous.run()
      }
    } catch {
      exit(withError: error)
    }
  }
}

extension CommandLine {
  /// The bytes of each argument.
  fileprivate static var rawArguments: [[UInt8]] {
    (0..<Int(argc)).compactMap { index in
      unsafeArgv[index].map { start in
        Array(UnsafeBufferPointer(start: start, count: strlen(start))).map(UInt8.init(bitPattern:))
      }
    }
  }
}

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

/// How many files this process may have open.
///
/// libgit2 keeps each pack open that it has read from. Shells start programs with a soft limit of 1,024, often far below the
/// hard one; a sound copy of 1,100 packs would then look damaged. The soft limit is for programs that use select(2), which
/// this one does not.
enum OpenFileLimit {
  /// Raises the soft limit to the hard one; leaves it where that is refused.
  static func raise() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else {
      return
    }
    limit.rlim_cur = min(limit.rlim_max, most)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// Children close all descriptors up to the limit one by one: a million of them would take a moment each time.
  private static let most: rlim_t = 65_536
}
