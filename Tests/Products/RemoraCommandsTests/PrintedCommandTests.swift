import ArgumentParser
import Foundation
import RemoraCommands
import TestSupport
import Testing

/// Every command of this program that a message, a hint, an alert or an example names is accepted when it is typed.
@Suite("Printed commands")
struct PrintedCommandTests {
  /// One command as it stands in a source file.
  struct Printed: Sendable, CustomTestStringConvertible {
    let place: String
    let text: String
    /// It is quoted and has no argument: the name of a command, such as in "made by 'remora mirror'".
    let isName: Bool

    var testDescription: String { "\(place): \(text)" }
  }

  static let printed: [Printed] = {
    let sources = PackageFiles.url("Sources")
    let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.allObjects ?? []
    return files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.sorted { $0.path < $1.path }
      .flatMap(commands(in:))
  }()

  private static let names: [String] = RemoraCommand.configuration.subcommands.compactMap {
    $0.configuration.commandName
  }

  private static func commands(in file: URL) -> [Printed] {
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
    var found: [Printed] = []
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    for (number, line) in lines.enumerated() {
      // A shell's line that goes on in the next one, as it stands in a literal.
      let goesOn = line.hasSuffix("\\") && number + 1 < lines.count
      let trimmed = goesOn ? line.replacing(/\\+$/, with: "") + lines[number + 1] : line
      guard !trimmed.hasPrefix("//") else { continue }
      let plain = withoutInterpolations(trimmed)
      for match in plain.matches(of: /remora ([a-z]+)/) where names.contains(String(match.1)) {
        let before = plain[..<match.range.lowerBound].last
        guard let command = command(String(plain[match.range.lowerBound...]), after: before) else { continue }
        let isQuoted = before == "'" || before == "`"
        found.append(
          .init(
            place: "\(file.lastPathComponent):\(number + 1)", text: command,
            isName: isQuoted && !command.contains(where: { $0 == "-" }) && words(command).count <= 3))
      }
    }
    return found
  }

  /// `\(…)` and `{{ … }}` are what a message fills in.
  private static func withoutInterpolations(_ line: String) -> String {
    var (text, depth) = ("", 0)
    var rest = Substring(line)
    while let first = rest.first {
      if depth == 0, rest.hasPrefix("\\(") {
        depth = 1
        text += "x"
        rest = rest.dropFirst(2)
      } else {
        if depth > 0 {
          depth += first == "(" ? 1 : first == ")" ? -1 : 0
        } else {
          text.append(first)
        }
        rest = rest.dropFirst()
      }
    }
    return text.replacing(/\{\{[^}]*\}\}/, with: "x")
  }

  /// Returns where the command ends: at its closing quote, or with the literal or the line.
  private static func command(_ text: String, after before: Character?) -> String? {
    var command: Substring
    switch before {
    case "'": command = text.prefix { $0 != "'" }
    case "`": command = text.prefix { $0 != "`" }
    // The beginning of a line of an example, or of a literal; or after a colon.
    case nil, "\"", " ": command = text.prefix { $0 != "\"" }
    default: return nil
    }
    if let end = command.firstIndex(where: { $0 == ">" || $0 == "|" }), !command.contains("<") {
      command = command[..<end]
    }
    if let end = command.firstRange(of: "&&") { command = command[..<end.lowerBound] }
    return command.replacing("<time>", with: "2026-11-22T10:00:00Z").replacing(/<[^>]*>/, with: "x")
      // In a synopsis: what may be left out.
      .replacing(/\[[^\]]*\]/, with: "").replacing("--at x", with: "--at 2026-11-22T10:00:00Z")
      .trimmingCharacters(in: .whitespaces)
  }

  private static func words(_ text: String) -> [String] {
    text.split(separator: " ").map(String.init)
  }

  private static func accepts(_ arguments: [String]) -> String? {
    do {
      _ = try RemoraCommand.parseAsRoot(arguments)
      return nil
    } catch {
      let message = RemoraCommand.message(for: error)
      // What an example names need not be on this machine.
      return message.contains("cannot read the list") ? nil : message
    }
  }

  @Test("is accepted", arguments: printed)
  func accepted(printed: Printed) {
    var arguments = Array(Self.words(printed.text).dropFirst())
    // Where the message has a number, a word stands here.
    if arguments.starts(with: ["epoch", "set"]), arguments.count == 3 { arguments[2] = "7" }
    if printed.isName, Self.accepts(arguments) != nil { arguments.append("--help") }
    let failure = Self.accepts(arguments)
    #expect(failure == nil, "\(printed.place): '\(printed.text)': \(failure ?? "")")
  }

  @Test("are found in messages of each part that prints them")
  func found() {
    let places = Set(Self.printed.map { $0.place.prefix { $0 != ":" } }.map(String.init))
    for file in [
      "OperatorCommand.swift", "AlertRules.swift", "GrafanaPanels.swift", "PrimaryAgent+status.swift",
      "RestoreCommand.swift",
    ] {
      #expect(places.contains(file), "\(file)")
    }
    #expect(Self.printed.count > 60)
  }

  @Test("an unknown command is recognized", arguments: ["registry list project_repository", "explain", "bogus"])
  func refused(text: String) {
    #expect(Self.accepts(Self.words(text)) != nil)
  }
}
