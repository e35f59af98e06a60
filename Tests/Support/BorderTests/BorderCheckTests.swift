import Testing

/// Checks that planted violations are found.
@Suite struct BorderCheckTests {
  private let check = BorderCheck(
    table: LayerTable(rows: [
      .init("Base", "DurableFiles", ["CLinux", "SystemPackage"]),
      .init("Base", "BoundedHTTP", ["AsyncHTTPClient", "NIO*"]),
      .init("Git", "GitValues"), .init("Git", "Git", ["CLibgit2", "GitValues"]),
      .init("Git", "GitProtocol", ["GitValues"]),
      .init("Git", "GitTransport", ["Git", "BoundedHTTP"]), .init("Copies", "Mirroring", ["Git", "GitTransport"]),
      .init("Products", "remora", ["RemoraCommands"]),
    ]))

  private func violations(_ room: String, _ text: String) -> [String] {
    check.violations(in: BorderCheck.File(room: room, path: "X.swift", text))
  }

  @Test(
    "imports are found in every spelling",
    arguments: [
      "import Logging", "package import Logging", "  @preconcurrency import Logging", "@testable import Logging",
      "@_exported public import Logging", "internal import struct Logging.Logger", "import Foundation; import Logging",
      "@preconcurrency package import func Logging.log // why", "/* a */ import Logging",
    ])
  func importsFound(line: String) {
    let text = SwiftText("// first\n\(line)\nlet x = 1\n")
    #expect(text.imports.contains { $0.module == "Logging" && $0.line == 2 })
  }

  @Test(
    "what only looks like an import is none",
    arguments: [
      "// import Logging", "/// import Logging", "/* import Logging */", "/* /* */ import Logging */",
      "let text = \"\"\"\nimport Logging\n\"\"\"", "let a = #\"\"\"\nimport Logging \\\"\"\" \n\"\"\"#",
      "important(Logging)",
      "let s = \"a \\(f(\"x\")) \\\" \"; // import Logging",
    ])
  func notImports(text: String) { #expect(SwiftText(text).imports.isEmpty) }

  @Test(
    "a forbidden import is named",
    arguments: [
      ("Mirroring", "CLibgit2", "only Git may import CLibgit2"),
      ("GitTransport", "AsyncHTTPClient", "only BoundedHTTP may import AsyncHTTPClient"),
      ("DurableFiles", "NIOCore", "the layer table does not let DurableFiles import NIOCore"),
      ("GitProtocol", "NIOPosix", "the layer table does not let GitProtocol import NIOPosix"),
      ("GitProtocol", "Foundation", "GitProtocol does without Foundation"),
      ("DurableFiles", "FoundationEssentials", "DurableFiles does without FoundationEssentials"),
      ("GitValues", "Git", "the layer table does not let GitValues import Git"),
      ("Git", "WorkerPool", "the layer table does not let Git import WorkerPool"),
      ("remora", "Mirroring", "the layer table does not let remora import Mirroring"),
      ("Attic", "Glibc", "the layer table has no row for Attic"),
    ])
  func forbidden(room: String, module: String, objection: String) {
    #expect(violations(room, "package import \(module)\n") == ["X.swift:1: \(objection)"])
  }

  @Test(
    "an allowed import passes",
    arguments: [
      ("Git", "CLibgit2"), ("BoundedHTTP", "NIOHTTP1"), ("BoundedHTTP", "AsyncHTTPClient"), ("GitProtocol", "Glibc"),
      ("Mirroring", "Foundation"), ("DurableFiles", "Synchronization"), ("remora", "RemoraCommands"),
    ])
  func allowed(room: String, module: String) { #expect(violations(room, "import \(module)\n") == []) }

  @Test(
    "what ends the process is found in code, and only there",
    arguments: [
      ("let x = try! f()", true), ("let y = z as! Int", true), ("fatalError(\"no\")", true),
      ("let s = \"\\(z as! Int)\"", true), ("// never try! here", false), ("let s = \"try! again\"", false),
      ("let y = z as? Int", false), ("if a != b as Int {}", false),
    ])
  func processEnds(line: String, isFound: Bool) { #expect(violations("Git", line).isEmpty == !isFound) }

  @Test(
    "a process is started by ChildProcess only",
    arguments: [
      ("let status = posix_spawn(&id, path, nil, nil, a, e)", true), ("let child = fork()", true),
      ("let process = Process()", true), ("let process = Foundation.Process()", true), ("execvp(path, a)", true),
      ("let child = ChildProcess(path)", false), ("// never Process()", false), ("let host = filesystem(x)", false),
    ])
  func spawns(line: String, isFound: Bool) {
    #expect(violations("Git", line).isEmpty == !isFound)
    #expect(violations("ChildProcess", line) == [])
  }

  @Test(
    "a claim needs a comment directly above",
    arguments: [
      ("final class A: @unchecked Sendable {}", false),
      ("/// Guarded by its lock.\nfinal class A: @unchecked Sendable {}", true),
      ("/// Guarded by its lock.\n@frozen\nfinal class A: @unchecked Sendable {}", true),
      ("/// Guarded by its lock.\nfinal class A: B,\n  @unchecked Sendable\n{}", true),
      ("/// Far away.\n\nfinal class A: @unchecked Sendable {}", false),
      ("let a = 1\nnonisolated(unsafe) var b = 2", false),
      ("// Written once, before any thread starts.\nnonisolated(unsafe) var b = 2", true),
      ("// About @unchecked Sendable in words only.", true),
    ])
  func claims(text: String, isProven: Bool) { #expect(violations("Git", text).isEmpty == isProven) }

  @Test("a file of 400 lines passes, one of 401 does not")
  func length() {
    #expect(violations("Git", String(repeating: "//\n", count: 400)) == [])
    #expect(violations("Git", String(repeating: "//\n", count: 401)) == ["X.swift: 401 lines, 400 is the limit"])
  }

  @Test("a circle is found and spelled out")
  func circle() {
    let files = [("A", "B"), ("B", "C"), ("C", "A"), ("D", "A")].map {
      BorderCheck.File(room: $0, path: "X.swift", "import \($1)\n")
    }
    #expect(check.cycles(in: files) == ["A → B → C → A"])
    #expect(check.cycles(in: Array(files.dropFirst())) == [])
  }

  @Test("a table that looks up or round is found")
  func rising() {
    let table = LayerTable(rows: [
      .init("Git", "A", ["B"]), .init("Copies", "B"), .init("Agent", "C", ["A", "Other", "D"]),
      .init("Agent", "D", ["C"]),
      .init("Attic", "E"),
    ])
    #expect(
      table.risingRows == [
        "A may import B, which is not below it", "C and D may import each other", "D and C may import each other",
        "E is in 'Attic', which is no area",
      ])
  }

  @Test("a README's table is read")
  func readme() {
    let text = """
      # Title

      | Area | Target | Responsibility | May import |
      |---|---|---|---|
      | Base | `A`, `B` | values | - |
      | Git | `C` | a tool, of use | `A`, NIO\\* |

      | Other | Table |
      """
    #expect(
      LayerTable(readme: text)
        == LayerTable(rows: [.init("Base", "A"), .init("Base", "B"), .init("Git", "C", ["A", "NIO*"])]))
    #expect(LayerTable(readme: "no table") == nil)
  }

  @Test("a manifest's table and its programs are read")
  func manifest() {
    let text = #"""
      let libraries = """
        Base/A
        Base/B A NIOCore + C
        Git/D A B \
          Crypto + E
        """.split
        program("d", "D F", at: "Sources/d"),
      """#
    #expect(
      Manifest(text).dependencies == ["A": [], "B": ["A", "NIOCore"], "D": ["A", "B", "Crypto"], "d": ["D", "F"]])
  }
}
