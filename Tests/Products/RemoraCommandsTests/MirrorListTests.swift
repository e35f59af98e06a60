import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("remora mirror --list")
struct MirrorListTests {
  @Test("mirrors every line, with or without a destination, and skips comments and empty lines", arguments: [1, 3])
  func all(jobs: Int) async throws {
    try await withCommandFixture { bench in
      let list = try bench.directory.write(
        """
        # what we keep
        \(bench.source.path)

           # an indented comment, with a # in it
        \(bench.source.path)   group/other#1
        file://\(bench.source.path)\tthird.git
        """, to: "list")
      let into = bench.directory.path("copies")
      let outcome = try await bench.remora("mirror", "--list", list, "--into", into, "--jobs", "\(jobs)")
      #expect(outcome.isSuccess, "\(outcome.errorText)")
      #expect(outcome.lines.count == 3)
      for name in ["source.git", "group/other#1", "third.git"] {
        #expect(outcome.text.contains("cloned \(into)/\(name): "))
        #expect(try GitCommand().view("\(into)/\(name)") == bench.source.view())
      }
    }
  }

  @Test("a list may come from standard input")
  func standardInput() async throws {
    try await withCommandFixture { bench in
      let outcome = try await RemoraBinary.run(
        ["mirror", "--list", "-", "--into", bench.directory.path("copies"), "--json"],
        input: .bytes(Array("\(bench.source.path) a\n\(bench.source.path) b".utf8)))
      #expect(outcome.isSuccess, "\(outcome.errorText)")
      let reports = try outcome.lines.map(JSONLine.init)
      #expect(Set(reports.compactMap { $0.text("destination") }).count == 2)
      #expect(reports.allSatisfy { $0.keys == MirrorCommandTests.keys && $0.text("status") == "cloned" })
    }
  }

  @Test("some failed: 2, and the others are there; all failed: 1")
  func partialFailure() async throws {
    try await withCommandFixture { bench in
      let into = bench.directory.path("copies")
      let bad = (1...2).map { "\(bench.directory.path("missing\($0)")) bad\($0)\n" }.joined()
      let some = try bench.directory.write(bad + "\(bench.source.path) good\n", to: "some")
      let partial = try await bench.remora("mirror", "--list", some, "--into", into, "--json")
      #expect(partial.status == 2)
      #expect(
        try partial.lines.map { try JSONLine($0).text("status") ?? "" }.sorted() == ["cloned", "failed", "failed"])
      #expect(try GitCommand().view("\(into)/good") == bench.source.view())
      #expect(try FileManager.default.contentsOfDirectory(atPath: into) == ["good"])
      let none = try bench.directory.write(bad, to: "none")
      let all = try await bench.remora("mirror", "--list", none, "--into", into)
      #expect(all.status == 1)
      #expect(all.errorText.split(separator: "\n").count == 2)
    }
  }

  static let badLines: [(line: String, reason: String)] = [
    ("SOURCE a b", "more than a source and a destination"),
    ("SOURCE a # comment", "more than a source and a destination"),
    ("SOURCE #comment", "a comment behind the source"),
    ("SOURCE https://u:sesame@h.example/x.git", "its destination is a URL"),
    ("SOURCE\ranother", "control character"),
    ("<<<<<<< HEAD", "'<<<<<<<' is neither a URL nor a path that is there"),
    ("g nonsense", "'g' is neither a URL nor a path that is there"),
    ("SOURCE ../outside", "'../outside' is no path below the directory"),
    ("SOURCE /absolute", "'/absolute' is no path below the directory"),
    ("SOURCE a/./b", "'a/./b' is no path below the directory"),
    ("SOURCE .remora-x", "'.remora-x' is no path below the directory"),
    ("SOURCE first", "'first' is also the destination of line 2"),
    ("SOURCE first/inner/most", "'first/inner/most' lies inside the destination of line 2"),
    ("ext::id x", "ext"),
  ]

  @Test("a bad line is named by its number, and nothing is done", arguments: badLines)
  func badLine(line: String, reason: String) async throws {
    try await withCommandFixture { bench in
      let text = "# one\n\(bench.source.path) first\n\n" + line.replacing("SOURCE", with: bench.source.path) + "\n"
      let list = try bench.directory.write(text, to: "list")
      let into = bench.directory.path("copies")
      let outcome = try await bench.remora("mirror", "--list", list, "--into", into)
      #expect(outcome.status == 64)
      #expect(outcome.errorText.contains("line 4"), "\(outcome.errorText)")
      #expect(outcome.errorText.contains(reason), "\(outcome.errorText)")
      #expect(!outcome.errorText.contains("sesame"))
      #expect(!FileManager.default.fileExists(atPath: into))
    }
  }

  @Test("a destination round an earlier one is refused too")
  func nested() async throws {
    try await withCommandFixture { bench in
      let list = try bench.directory.write("\(bench.source.path) a/b/c\n\(bench.source.path) a\n", to: "list")
      let outcome = try await bench.remora("mirror", "--list", list, "--into", bench.directory.path("copies"))
      #expect(outcome.status == 64)
      #expect(outcome.errorText.contains("line 2: the destination of line 1 lies inside 'a'"), "\(outcome.errorText)")
    }
  }

  @Test("a reader of the output that leaves ends no run")
  func readerLeaves() async throws {
    try await withCommandFixture { bench in
      let list = try bench.directory.write((1...4).map { "\(bench.source.path) \($0)\n" }.joined(), to: "list")
      let into = bench.directory.path("copies")
      let script = "\"$0\" mirror --list \"$1\" --into \"$2\" --jobs 1 --json | true; echo ${PIPESTATUS[0]}"
      let shell = try ChildProcess("bash", ["-c", script, try BuiltProgram.path("remora"), list, into])
      let outcome: ProcessOutcome = try await shell.outcome()
      #expect(outcome.text == "0", "\(outcome.errorText)")
      for number in 1...4 { #expect(try GitCommand().view("\(into)/\(number)") == bench.source.view()) }
    }
  }

  /// Answers 429 with `Retry-After` for a while from the third request of a host on.
  private final class BusyHost: Sendable {
    private struct State {
      var requests = 0
      var until: [String: ContinuousClock.Instant] = [:]
      var refused: [String] = []
      var served: [String] = []
    }

    private let state = Mutex(State())
    private let seconds: Int
    private let format: @Sendable (Int) -> String

    init(seconds: Int, format: @escaping @Sendable (Int) -> String) {
      self.seconds = seconds
      self.format = format
    }

    func answer(_ request: ReceivedRequest) -> ScriptedAnswer {
      let host = String((request.headers["host"] ?? "").prefix { $0 != ":" })
      let isRefused = state.withLock { state in
        state.requests += 1
        let now = ContinuousClock.now
        if state.requests == 3 { state.until[host] = now + .seconds(seconds) }
        guard let until = state.until[host], now < until else {
          state.served.append(host)
          return false
        }
        state.refused.append(host)
        return true
      }
      guard isRefused else {
        return GitAnswers.repository(refs: [], pack: BadPack.good.bytes)(request)
      }
      return ScriptedAnswer(429, headers: [("Retry-After", format(seconds))])
    }

    var refused: [String] { state.withLock { $0.refused } }
    var served: [String] { state.withLock { $0.served } }
  }

  @Test(
    "a host with Retry-After gets no request until then, others go on", arguments: [1, 3], [true, false])
  func retryAfter(jobs: Int, isDate: Bool) async throws {
    let host = BusyHost(seconds: 3) { seconds in
      guard isDate else { return "\(seconds)" }
      let format = DateFormatter()
      format.locale = Locale(identifier: "en_US_POSIX")
      format.timeZone = TimeZone(secondsFromGMT: 0)
      format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
      return format.string(from: Date() + Double(seconds) + 1)
    }
    let server = try ScriptedHTTPServer { host.answer($0) }
    defer { server.stop() }
    try await withCommandFixture { bench in
      let lines =
        (1...4).map { "http://127.0.0.1:\(server.port)/a\($0).git\n" } + ["http://localhost:\(server.port)/b.git\n"]
      let list = try bench.directory.write(lines.joined(), to: "list")
      let outcome = try await bench.remora(
        "mirror", "--list", list, "--into", bench.directory.path("c"), "--jobs", "\(jobs)")
      #expect(outcome.isSuccess, "\(outcome.errorText)")
      #expect(outcome.lines.count == 5)
      // Those that were under way at that answer are refused as well, later ones are not sent.
      #expect((1...jobs).contains(host.refused.count), "\(host.refused)")
      #expect(!host.refused.contains("localhost"))
    }
  }

  @Test("a time that no run can wait for ends all of that host at once, without asking again", arguments: [1, 3])
  func longRetryAfter(jobs: Int) async throws {
    let asked = Mutex<[String]>([])
    let server = try ScriptedHTTPServer { request in
      asked.withLock { $0.append(request.headers["host"] ?? "") }
      return request.path.contains("legal")
        ? ScriptedAnswer(451, "gone") : ScriptedAnswer(429, headers: [("Retry-After", "86400")])
    }
    defer { server.stop() }
    try await withCommandFixture { bench in
      let busy = (1...20).map { "http://127.0.0.1:\(server.port)/a\($0).git\n" }.joined()
      let list = try bench.directory.write(busy + "http://localhost:\(server.port)/legal.git\n", to: "list")
      let outcome = try await bench.remora(
        "mirror", "--list", list, "--into", bench.directory.path("c"), "--jobs", "\(jobs)", "--json", "--timeout", "60")
      #expect(outcome.status == 1)
      let reports = try outcome.lines.map(JSONLine.init)
      #expect(reports.count == 21)
      let errors = reports.map { $0["error"] }
      // 451 is a refusal, and comes from the host that names no time.
      let codes = errors.compactMap { $0.text("code") }.sorted()
      #expect(codes == Array(repeating: "rate_limited", count: 20) + ["server_refused"])
      #expect(errors.allSatisfy { $0.text("hint")?.isEmpty == false })
      let requests = asked.withLock { $0.filter { $0.hasPrefix("127.0.0.1") }.count }
      #expect((1...jobs).contains(requests), "\(requests)")
    }
  }

  /// Texts that are read as the same two lines.
  static let encodings: [(name: String, text: @Sendable (String, String) -> [UInt8])] = [
    ("CR LF", { Array("# ours\r\n\($0)\r\n\($1)\r\n".utf8) }),
    ("CR LF without an end", { Array("\($0)\r\n\($1)".utf8) }),
    ("mixed", { Array("\($0)\n\r\n\t \r\n\($1)\r\n".utf8) }),
    ("a byte order mark", { [0xEF, 0xBB, 0xBF] + Array("\($0)\r\n\($1)\r\n".utf8) }),
    ("a comment that is not UTF-8", { Array("# caf".utf8) + [0xE9, 0x0A] + Array("\($0)\n\($1)\n".utf8) }),
  ]

  @Test("line ends and marks of other systems are taken", arguments: encodings.map(\.name))
  func encoding(name: String) async throws {
    let text = try #require(Self.encodings.first { $0.name == name }).text
    try await withCommandFixture { bench in
      let list = try bench.directory.write(bytes: text("\(bench.source.path) a", "\(bench.source.path)\tb"), to: "list")
      let into = bench.directory.path("copies")
      let outcome = try await bench.remora("mirror", "--list", list, "--into", into)
      #expect(outcome.isSuccess, "\(outcome.errorText)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: into).sorted() == ["a", "b"])
    }
  }

  @Test(
    "a list that names no repository, or that is no text, is an error",
    arguments: [
      [], Array("# nothing yet\n\n".utf8), Array("\r\n# a\r\n".utf8), [0xEF, 0xBB, 0xBF],
      [0xFF, 0xFE] + Array("/".utf8) + [0], Array("/srv/a.git\n".utf8).flatMap { [$0, 0] },
    ] as [[UInt8]])
  func empty(bytes: [UInt8]) async throws {
    try await withCommandFixture { bench in
      let list = try bench.directory.write(bytes: bytes, to: "list")
      let into = bench.directory.path("copies")
      let outcome = try await bench.remora("mirror", "--list", list, "--into", into)
      #expect(outcome.status == 64)
      #expect(outcome.text == "")
      #expect(["names no repository", "its encoding is UTF-16"].contains { outcome.errorText.contains($0) })
      #expect(!FileManager.default.fileExists(atPath: into))
    }
  }
}
