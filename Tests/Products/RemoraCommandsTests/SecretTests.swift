import Foundation
import TestSupport
import Testing

@Suite("Passwords in URLs")
struct SecretTests {
  private static let password = "s3same-opens"
  /// The password, and `ada:` with it as basic authentication sends them.
  private static let secrets = [password, Data("ada:\(password)".utf8).base64EncodedString()]

  private static func serve(_ bench: CommandFixture) throws -> GitHTTPServer {
    var options = GitHTTPServer.Options()
    options.basicAuthentication = ("ada", password)
    return try GitHTTPServer(root: bench.root, options: options)
  }

  private static func url(_ server: GitHTTPServer, password: String = password) -> String {
    "http://ada:\(password)@127.0.0.1:\(server.port)/source.git"
  }

  private static func isClean(_ bytes: some Sequence<UInt8>) -> Bool {
    let text = String(decoding: Array(bytes), as: Unicode.ASCII.self)
    return secrets.allSatisfy { !text.contains($0) }
  }

  @Test("open the source and reach neither the copy, nor the output, nor a child's arguments or environment")
  func staysInside() async throws {
    try await withCommandFixture { builder, parent in
      builder.branch("big", at: builder.commit(["big": .random(4_000_000, seed: 5)], parents: [parent]))
    } _: { bench in
      let server = try Self.serve(bench)
      for option in [[], ["--json"]] {
        let run = try RemoraBinary.start(["mirror", Self.url(server), bench.copy] + option)
        let seen = try await OwnThread.run { ProcessWatch.descendants(of: run) }
        #expect(seen.allSatisfy { Self.isClean($0) })
        let outcome: ProcessOutcome = try await run.outcome()
        #expect(outcome.isSuccess, "\(outcome.errorText)")
        #expect(Self.isClean(outcome.output) && Self.isClean(outcome.errors))
        #expect(outcome.text.contains("http://127.0.0.1:\(server.port)/source.git") == !option.isEmpty)
      }
      for (name, content) in try bench.contentsOfCopy() { #expect(Self.isClean(content), "\(name)") }
      let history = try await bench.remora("history", bench.copy, "--json")
      #expect(history.isSuccess && Self.isClean(history.output))
      let verified = try await bench.remora("verify", Self.url(server), bench.copy, "--json")
      #expect(verified.isSuccess && Self.isClean(verified.output))
      #expect(try GitCommand().view(bench.copy) == bench.source.view())
    }
  }

  @Test("are asked for at a terminal with --ask, not without, and are not shown when they are typed")
  func asked() async throws {
    try await withCommandFixture { bench in
      let server = try Self.serve(bench)
      let remora = try BuiltProgram.path("remora")
      // script(1) is the terminal; the operator types at the prompt.
      func run(_ options: String, _ copy: String) async throws -> (outcome: ProcessOutcome, screen: String) {
        let screen = try bench.directory.write("", to: "screen")
        let command = "'\(remora)' mirror \(options) --silence-timeout 20 \(server.url("source.git")) '\(copy)'"
        let person = """
          asked() { n=0; until grep -aq -e "$1" -e error: '\(screen)'; do n=$((n + 1)); [ $n -lt 200 ] || exit 0; sleep 0.05; done; }
          { asked User; echo ada; asked Password; sleep 0.2; echo '\(Self.password)'; asked '[.]git'; } |
            SHELL=/bin/sh script -qfec "\(command)" '\(screen)'
          """
        let outcome = try await ChildProcess("sh", ["-c", person]).outcome()
        return (outcome, try String(contentsOfFile: screen, encoding: .utf8))
      }
      let (outcome, screen) = try await run("--ask", bench.copy)
      #expect(outcome.isSuccess && screen.contains("cloned"), "\(screen)")
      #expect(
        screen.contains("User for 'http://127.0.0.1:\(server.port)'") && Self.isClean(Array(screen.utf8)), "\(screen)")
      #expect(try GitCommand().view(bench.copy) == bench.source.view())
      let (refused, silent) = try await run("", bench.directory.path("other.git"))
      #expect(!refused.isSuccess && !silent.contains("User for"), "\(silent)")
    }
  }

  @Test("when they are wrong the error does not repeat them, and nothing is made")
  func wrongPassword() async throws {
    try await withCommandFixture { bench in
      let server = try Self.serve(bench)
      let wrong = Self.password + "-no"
      let outcome = try await bench.remora("mirror", Self.url(server, password: wrong), bench.copy, "--json")
      #expect(outcome.status == 1)
      #expect(try JSONLine(outcome.text)["error"].text("code") == "authentication_failed")
      #expect(Self.isClean(outcome.output) && Self.isClean(outcome.errors))
      #expect(!FileManager.default.fileExists(atPath: bench.copy))
    }
  }

  @Test("a file:// source's child gets nothing of the environment that it does not need")
  func childEnvironment() async throws {
    try await withCommandFixture { builder, parent in
      builder.branch("big", at: builder.commit(["big": .random(4_000_000, seed: 5)], parents: [parent]))
    } _: { bench in
      let run = try RemoraBinary.start(
        ["mirror", bench.source.path, bench.copy], environment: ["MY_TOKEN": Self.password, "GIT_DIR": "/nonexistent"])
      let seen = try await OwnThread.run { ProcessWatch.descendants(of: run) }
      let outcome: ProcessOutcome = try await run.outcome()
      #expect(outcome.isSuccess, "\(outcome.errorText)")
      // The poll may see a child before its exec, still with our own environment; git's own words identify it.
      let served = seen.filter { String(decoding: $0, as: UTF8.self).contains("upload-pack") }
      #expect(!served.isEmpty)
      #expect(served.allSatisfy { Self.isClean($0) })
    }
  }
}

/// Looks at the processes below one, again and again until it ends.
enum ProcessWatch {
  /// Returns what `/proc` held of each descendant: its arguments, then its environment.
  static func descendants(of process: ChildProcess) -> [[UInt8]] {
    var seen: Set<[UInt8]> = []
    _ = process.waitUntil {
      for child in children(of: process.processID) { seen.insert(arguments(child) + environment(child)) }
      return false
    }
    return Array(seen)
  }

  private static func children(of parent: Int32) -> [Int32] {
    // The kernel's own list of a process's children, thread by thread.
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(parent)/task")) ?? []
    let direct = tasks.flatMap { task in
      String(decoding: read("/proc/\(parent)/task/\(task)/children"), as: UTF8.self).split(separator: " ").compactMap {
        Int32($0)
      }
    }
    return direct + direct.flatMap(children)
  }

  private static func arguments(_ process: Int32) -> [UInt8] { read("/proc/\(process)/cmdline") }
  private static func environment(_ process: Int32) -> [UInt8] { read("/proc/\(process)/environ") }

  /// Returns nothing when the process has ended.
  private static func read(_ path: String) -> [UInt8] {
    guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() else { return [] }
    return [UInt8](data)
  }
}
