import Foundation
import TestSupport
import Testing

/// Every environment variable that a test reads is in the table of CONTRIBUTING, and `Tests/run long` sets those that
/// switch something on.
@Suite struct EnvironmentTests {
  /// A row of the table, `NAME | effect | gate or setting`.
  private struct Row {
    let name: String
    let isGate: Bool

    init?(_ line: Substring) {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 3, let name = cells[0].firstMatch(of: /^`(REMORA_[A-Z_]+)/)?.1 else { return nil }
      self.name = String(name)
      isGate = cells[2] == "gate"
    }
  }

  /// What the system gives, and what a test gives to a program of its own.
  private static let others: Set<String> = ["PATH", "TMPDIR", "WRONG_CLOCK_FILE"]

  private static func rows() throws -> [Row] {
    try PackageFiles.text(".github/CONTRIBUTING.md").split(separator: "\n").compactMap { Row($0) }
  }

  /// Returns the names of the variables that a text reads, in Swift or in C.
  private static func names(in text: String) -> [String] {
    text.matches(of: /nvironment\["([A-Z_]+)"\](?!\s*=[^=])/).map { String($0.1) }
      + text.matches(of: /getenv\("([A-Z_]+)"\)/).map { String($0.1) }
  }

  @Test("the table names every variable that a test reads, and no other")
  func table() throws {
    var found: Set<String> = []
    for path in SourceTree.swiftFiles(below: "Tests") + ["Package.swift"]
    where !path.hasSuffix("/EnvironmentTests.swift") {
      let text = try PackageFiles.text(path)
      found.formUnion(Self.names(in: text))
      // Under another name the search would not find what is read from it.
      for name in text.matches(of: /(\w+) = ProcessInfo\.processInfo\.environment\s/) {
        #expect(name.1 == "environment", "\(path)")
      }
    }
    let rows = try Self.rows().map(\.name)
    #expect(rows.sorted() == found.subtracting(Self.others).sorted())
  }

  @Test("what a variable switches on is run by Tests/run long")
  func gates() throws {
    let script = try PackageFiles.text("Tests/run")
    let long = try #require(script.firstMatch(of: /\n  long\)\n([\s\S]*?);;/)?.1)
    let gates = try Self.rows().filter(\.isGate).map(\.name)
    #expect(gates.contains("REMORA_LONG_TESTS"))
    for name in gates { #expect(long.contains("\(name)="), "Tests/run long does not set \(name)") }
  }

  @Test("the search finds what is read, and not what is given to a program")
  func search() {
    #expect(Self.names(in: #"if ProcessInfo.processInfo.environment["REMORA_A"] == "1" {"#) == ["REMORA_A"])
    #expect(Self.names(in: #"let steps = environment["REMORA_B"].flatMap { Int($0) }"#) == ["REMORA_B"])
    #expect(Self.names(in: #"char *path = getenv("REMORA_C");"#) == ["REMORA_C"])
    #expect(Self.names(in: #"git.environment["REMORA_D"] = script"#) == [])
  }
}
