import ArgumentParser
import Foundation
import TestSupport

/// Runs the built `remora` beside `git`, as whole processes, and says who is faster; and the stores, which nothing else is beside.
@main
struct Benchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remora-benchmark",
    abstract:
      "Compare remora with git, and measure its stores: time as medians of interleaved rounds, objects, memory, rates.",
    discussion: """
      A line a case: what remora took, what the reference took, their ratio, and the goal for it. Figures are reported, not judged: the exit status is 1 only when a run failed. Build with -c release, or the figures mean nothing.
      """)

  @Argument(help: "Cases to run, by name or by the beginning of it; all without.")
  var cases: [String] = []

  @Flag(help: "Print one JSON object a case.")
  var json = false

  @Flag(help: "Print the names of the cases and stop.")
  var list = false

  @Option(help: "Counted rounds of each case; one more warms up.")
  var rounds: Int = 5

  @Option(help: "A bare repository for the cases with a big history, instead of one made up.")
  var repository: String?

  @Option(help: "The remora to run; the one next to this program without.")
  var remora: String?

  @Option(help: .hidden)
  var part: Part?

  @Option(help: .hidden)
  var directory: String?

  func validate() throws {
    guard rounds > 0 else { throw ValidationError("--rounds takes a number from 1") }
    for wanted in cases where !BenchmarkCase.all.contains(where: { $0.name.hasPrefix(wanted) }) {
      throw ValidationError("no case begins with '\(wanted)'; --list names them all")
    }
  }

  func run() throws {
    if let part, let directory { return try part.run(in: directory) }
    let chosen = BenchmarkCase.all.filter { known in cases.isEmpty || cases.contains { known.name.hasPrefix($0) } }
    if list {
      for known in chosen { print("\(known.name): \(known.title)") }
      return
    }
    let arena = try Arena(remora: remora, repository: repository, rounds: rounds)
    var hasFailed = false
    if !json { print(Figure.heading) }
    for known in chosen {
      do {
        for figure in try known.run(arena) {
          print(json ? try figure.json(named: known.name) : figure.line(named: known.name))
        }
      } catch {
        hasFailed = true
        FileHandle.standardError.write(Data("\(known.name): \(error)\n".utf8))
      }
      fflush(nil)
    }
    if hasFailed { throw ExitCode(1) }
  }
}
