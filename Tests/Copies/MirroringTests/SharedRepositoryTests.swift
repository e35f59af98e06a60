import Foundation
import Mirroring
import TestSupport
import Testing

@Suite("A copy that others use too", .timeLimit(.minutes(10))) struct SharedRepositoryTests {
  private static func mode(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  @Test(
    "every file that is written has the mode of core.sharedRepository",
    arguments: [
      ("group", 0o664, 0o444, 0o2775), ("true", 0o664, 0o444, 0o2775), ("all", 0o664, 0o444, 0o2775),
      ("0660", 0o660, 0o440, 0o2770), ("0640", 0o640, 0o440, 0o2750), ("umask", 0o644, 0o444, 0o755),
    ] as [(String, mode_t, mode_t, mode_t)])
  func modes(value: String, file: mode_t, readOnly: mode_t, directory: mode_t) async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      try GitCommand().run("clone", "-q", "--mirror", harness.sourcePath, harness.copyPath)
      try harness.copy.run("config", "core.sharedRepository", value)
      let before = Set(try TemporaryDirectory.files(below: harness.copyPath))
      try source.change { builder in
        builder.branch("new", at: builder.commit(["new": "new\n"]))
        builder.branch("main", at: builder.commit(["other": "history\n"]))
        builder.head = .branch("side")
      }
      try harness.mirrorExactly()
      let written = try TemporaryDirectory.files(below: harness.copyPath).filter {
        !before.contains($0) || ["HEAD", "packed-refs", "config"].contains($0)
      }
      #expect(written.contains("remora/refs.journal.jsonl") && written.contains { $0.hasSuffix(".pack") })
      for name in written {
        let expected = name.hasSuffix(".pack") || name.hasSuffix(".idx") ? readOnly : file
        #expect(Self.mode("\(harness.copyPath)/\(name)") == expected, "\(name)")
      }
      for name in ["remora", "logs", "logs/refs", "logs/refs/remora"] {
        #expect(Self.mode("\(harness.copyPath)/\(name)") == directory, "\(name)")
      }
    }
  }

  @Test("info/refs and objects/info/packs are kept up to date where they are, and made nowhere")
  func serverInfo() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      try harness.mirrorExactly()
      let files = ["info/refs", "objects/info/packs"].map { "\(harness.copyPath)/\($0)" }
      #expect(files.allSatisfy { !FileManager.default.fileExists(atPath: $0) })
      try harness.copy.run("update-server-info")
      try source.change { builder in
        builder.branch("new", at: builder.commit(["new": "new\n"]))
        builder.deleteRef("refs/heads/side")
        builder.tag("v2", of: .oid(try source.oid("main")))
      }
      try harness.mirrorExactly()
      func lines() throws -> [[String]] {
        try files.map {
          try String(contentsOfFile: $0, encoding: .utf8).split(separator: "\n").map(String.init).sorted()
        }
      }
      let ours = try lines()
      for file in files { try FileManager.default.removeItem(atPath: file) }
      try harness.copy.run("update-server-info")
      #expect(try lines() == ours)
    }
  }
}
