import Foundation
import TestSupport
import Testing
import WorkerPool

/// Every transport, with every fault of a server or network: each run ends by itself, reports the failure, stays small,
/// and leaves nothing behind. Prints the table.
@Suite(.serialized, .timeLimit(.minutes(10))) struct FaultTableTests {
  enum Door: String, CaseIterable, Sendable {
    case http = "http://"
    case daemon = "git://"
    case library = "ssh by libssh2"
    case system = "ssh by ssh"
  }

  /// One row of the table: what happens on the way, at one or more places.
  struct Fault: Sendable {
    let name: String
    let variants: [[FaultStep]]
  }

  /// The real server behind one transport, and what a run through it needs.
  final class House: Sendable {
    let door: Door
    let directory: TemporaryDirectory
    let port: UInt16
    private let http: GitHTTPServer?
    private let daemon: GitDaemon?
    private let ssh: SSHServer?
    let options: [String]

    init(_ door: Door) throws {
      self.door = door
      directory = try TemporaryDirectory("house")
      var builder = RepositoryBuilder()
      var noise = SeededGenerator(seed: 7)
      // Cannot be compressed: the pack is most of what travels.
      let text = (0..<6_000).map { _ in String(UInt64.random(in: 0 ... .max, using: &noise), radix: 36) }
      builder.branch("main", at: builder.commit(["noise": .bytes(Array(text.joined(separator: "\n").utf8))]))
      _ = try builder.build(at: directory.path("r.git"))
      http = door == .http ? try GitHTTPServer(root: directory.path) : nil
      daemon = door == .daemon ? try GitDaemon(root: directory.path) : nil
      guard door == .library || door == .system else {
        ssh = nil
        port = http?.port ?? daemon?.port ?? 0
        options = []
        return
      }
      try FileManager.default.createDirectory(atPath: directory.path("sshd"), withIntermediateDirectories: true)
      let server = try SSHServer(in: directory.path("sshd"))
      ssh = server
      port = server.port
      // The proxies in front have ports of their own.
      let known = try server.knownHosts(
        server.knownHostsLines().map { "* \($0.split(separator: " ").dropFirst().joined(separator: " "))" })
      options = [
        "--ssh", door == .library ? "libssh2" : "system", "--ssh-key", try server.clientKey(.ed25519),
        "--ssh-known-hosts", known, "--ssh-config", "/dev/null",
      ]
    }

    func url(_ port: UInt16) -> String {
      switch door {
      case .http: "http://127.0.0.1:\(port)/r.git"
      case .daemon: "git://127.0.0.1:\(port)/r.git"
      case .library, .system: "ssh://\(SSHServer.user)@127.0.0.1:\(port)\(directory.path("r.git"))"
      }
    }

    /// Returns where protocol borders are, in bytes of the server's: after n pkt-lines where they can be seen; behind
    /// encryption at places that fall into each phase of a whole run.
    func borders(_ whole: Int) -> [[FaultStep]] {
      switch door {
      // The last one lies in the pack: how a server cuts an answer into chunks, and so its length, is not the same each time.
      case .http, .daemon: [[]] + [1, 3, 5, 6, 9].map { [.passPackets($0)] } + [[.passBytes(whole - 1_000)]]
      case .library, .system:
        [0, 10, 60, 1_000, 1_600, 2_000, 2_300, 2_500, whole / 2, whole - 2_000].map { $0 == 0 ? [] : [.passBytes($0)] }
      }
    }

    func faults(_ whole: Int) -> [Fault] {
      let borders = borders(whole)
      var noise = SeededGenerator(seed: 3)
      let garbage = (0..<65_536).map { _ in UInt8.random(in: 0...255, using: &noise) }
      let line = Array("003d1234567890123456789012345678901234567890 refs/heads/a0000\n".utf8)
      let head = Array("HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n".utf8)
      let endless: [[FaultStep]] =
        switch door {
        case .http:
          [[.answer(head + Array("001e# service=git-upload-pack\n0000".utf8)), .flood(line)], [.flood([0x61])]]
        case .daemon: [[.flood(line)], [.flood([0x61])]]
        case .library, .system:
          [[.flood(Array("welcome to this host\r\n".utf8))], [.flood([0x61])], [.passBytes(60), .flood(garbage)]]
        }
      let oversized: [[FaultStep]] =
        switch door {
        case .http: [[.answer(Array("HTTP/1.1 200 OK\r\nX: ".utf8)), .flood([0x61])]]
        case .daemon: [[.answer(Array("ffff".utf8)), .flood(garbage)]]
        case .library, .system: [[.passBytes(40), .answer([0x7F, 0xFF, 0xFF, 0xFF, 0x04, 0x14]), .flood(garbage)]]
        }
      return [
        Fault(name: "silent", variants: borders.map { $0 + [.stall] }),
        Fault(name: "one byte a second", variants: [borders[0], borders[2]].map { $0 + [.drip(every: .seconds(1))] }),
        Fault(name: "cut", variants: borders.map { $0 + [.cut] }),
        Fault(name: "reset", variants: borders.map { $0 + [.reset] }),
        Fault(name: "garbage", variants: [borders[0], borders[2], borders[4]].map { $0 + [.answer(garbage), .cut] }),
        Fault(name: "endless", variants: endless),
        Fault(name: "oversized", variants: oversized),
      ]
    }
  }

  /// What one run came to.
  struct Result: Sendable {
    let fault: String
    let outcome: ProcessOutcome
    let peakBytes: Int
    let code: String
    let message: String
  }

  private static func run(_ house: House, _ steps: [FaultStep], _ fault: String, copy: String) throws -> Result {
    let proxy = try FaultProxy(to: house.port, otherwise: steps, isHTTP: house.door == .http)
    defer { proxy.stop() }
    let process = try RemoraBinary.start(
      [
        "mirror", house.url(proxy.port), copy, "--json", "--connect-timeout", "2", "--silence-timeout", "1",
        "--timeout",
        "5", "--max-advertisement-bytes", "2000000",
      ] + house.options)
    let (outcome, peak) = try process.outcomeWithPeak(within: .seconds(60))
    let line = try JSONLine(outcome.lines.last ?? "{}")
    return Result(
      fault: fault, outcome: outcome, peakBytes: peak, code: line["error"].text("code") ?? "none",
      message: line["error"].text("message") ?? outcome.errorText)
  }

  @Test("every transport, with every fault on its way", arguments: Door.allCases)
  func table(door: Door) async throws {
    let house = try House(door)
    // How much travels when nothing is wrong.
    let proxy = try FaultProxy(to: house.port, isHTTP: door == .http)
    let good = try await RemoraBinary.run(
      ["mirror", house.url(proxy.port), house.directory.path("good.git"), "--json"] + house.options)
    #expect(good.isSuccess, "\(good.errorText)")
    let whole = proxy.bytes.toClient
    proxy.stop()

    let faults = house.faults(whole)
    let runs = faults.flatMap { fault in fault.variants.map { (fault.name, $0) } }
    let results = try await withThrowingTaskGroup(of: Result.self) { group in
      var results: [Result] = []
      for (number, (name, steps)) in runs.enumerated() {
        // Most of the time a run waits.
        if number >= 6, let result = try await group.next() { results.append(result) }
        group.addTask {
          let copy = house.directory.path("copy\(number).git")
          let result = try await OwnThread.run { try Self.run(house, steps, name, copy: copy) }
          #expect(!FileManager.default.fileExists(atPath: copy), "\(name): something half made stayed")
          return result
        }
      }
      for try await result in group { results.append(result) }
      return results
    }
    for fault in faults {
      let own = results.filter { $0.fault == fault.name }
      #expect(own.count == fault.variants.count)
      for result in own {
        #expect(result.outcome.status == 1, "\(fault.name): \(result.outcome.end), \(result.outcome.errorText)")
        #expect(result.code != "none" && !result.message.isEmpty, "\(fault.name): \(result.outcome.text)")
        #expect(result.peakBytes < 200 << 20, "\(fault.name): \(result.peakBytes) bytes")
        #expect(!result.message.contains { $0.isNewline || $0 == "\u{1B}" })
      }
      let codes = Set(own.map(\.code)).sorted().joined(separator: ", ")
      let slowest = own.map(\.outcome.duration).max() ?? .zero
      let peak = (own.map(\.peakBytes).max() ?? 0) >> 20
      print("fault table | \(door.rawValue) | \(fault.name) | \(own.count) runs | \(codes) | \(slowest) | \(peak) MB")
    }
  }
}
