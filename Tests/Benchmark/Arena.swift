import Foundation
import TestSupport

/// Where the cases run: the program under test, a scratch directory, a server, and the sources, each built when first used.
final class Arena {
  /// How a source is reached.
  enum Reach: String {
    case path, http
    /// git connects anew for each repository.
    case ssh
    /// git's connections share one (`ControlMaster` in ssh_config(5)).
    case sharedSSH = "ssh-beside-shared"

    /// Those that every case is run over.
    static let usual: [Reach] = [.path, .http]
    static let secure: [Reach] = [.ssh, .sharedSSH]
  }

  /// A real `sshd`, and the files that give remora and git access to it.
  private struct SecureHost {
    let directory: TemporaryDirectory
    let server: SSHServer
    let key: String
    let knownHosts: String

    init() throws {
      directory = try TemporaryDirectory("benchmark-sshd")
      server = try SSHServer(in: directory.path)
      key = try server.clientKey(.ed25519)
      knownHosts = try server.knownHosts()
    }
  }

  let rounds: Int
  let scratch: TemporaryDirectory
  private let remora: String
  private let bigRepository: String?
  private var server: GitHTTPServer?
  private var secureHost: SecureHost?
  private var built: Set<String> = []
  private var lastName = 0

  init(remora: String?, repository: String?, rounds: Int) throws {
    self.remora = try remora ?? BuiltProgram.path("remora")
    bigRepository = repository
    self.rounds = rounds
    scratch = try TemporaryDirectory("benchmark")
    try FileManager.default.createDirectory(atPath: scratch.path("sources"), withIntermediateDirectories: true)
  }

  // MARK: Programs

  /// Runs remora; anything but exit status 0 fails the case.
  func runRemora(_ arguments: [String]) throws -> ProcessOutcome {
    try succeeded(ChildProcess(remora, arguments, environment: ChildProcess.isolatedEnvironment()), "remora")
  }

  func mirror(_ source: String, _ copy: String) throws -> ProcessOutcome {
    try runRemora(["mirror", "--json", source, copy])
  }

  func runGit(_ arguments: [String]) throws -> ProcessOutcome {
    try succeeded(GitCommand().start(arguments), "git \(arguments[0])")
  }

  func runShell(_ script: String) throws -> ProcessOutcome {
    try succeeded(ChildProcess("sh", ["-c", script], environment: GitCommand().wholeEnvironment), "sh")
  }

  /// Runs `git` for each line of `input`, two at a time, as a shell script would.
  func runGitForEach(
    _ input: [String], _ arguments: [String], by reach: Reach = .path
  ) throws -> ProcessOutcome {
    let child = try ChildProcess(
      "xargs", ["-P2", "-L1", "git"] + arguments,
      environment: GitCommand().wholeEnvironment.merging(try gitEnvironment(for: reach)) { $1 },
      input: .bytes(Array(input.map { "\($0)\n" }.joined().utf8)))
    return try succeeded(child, "xargs git")
  }

  /// Runs a part of this program as a process of its own, whose memory is counted for itself; returns what it measured.
  func run(_ part: Part, in directory: String) throws -> [String: Double] {
    let child = try ChildProcess("/proc/\(getpid())/exe", ["--part", part.rawValue, "--directory", directory])
    return try JSONDecoder().decode(
      [String: Double].self, from: Data(succeeded(child, "the part \(part.rawValue)").output))
  }

  private func succeeded(_ child: ChildProcess, _ name: String) throws -> ProcessOutcome {
    let outcome: ProcessOutcome = try child.outcome(within: .seconds(900))
    guard outcome.isSuccess else {
      throw BenchmarkFailure("\(name) ended with \(outcome.end): \(outcome.errorText.suffix(500))")
    }
    return outcome
  }

  // MARK: Places

  /// Returns a name below the scratch directory that was not used before.
  func freshPath(_ label: String) -> String {
    lastName += 1
    return scratch.path("\(label)-\(lastName)")
  }

  func remove(_ path: String) {
    try? FileManager.default.removeItem(atPath: path)  // what stays goes with the scratch directory
  }

  private func host() throws -> SecureHost {
    let running = try secureHost ?? SecureHost()
    secureHost = running
    return running
  }

  /// Returns the options that give remora access.
  func options(for reach: Reach) throws -> [String] {
    switch reach {
    case .path, .http: return []
    case .ssh, .sharedSSH:
      let host = try host()
      return [
        "--ssh", "libssh2", "--ssh-config", "/dev/null", "--ssh-key", host.key, "--ssh-known-hosts", host.knownHosts,
      ]
    }
  }

  private func gitEnvironment(for reach: Reach) throws -> [String: String] {
    switch reach {
    case .path, .http: return [:]
    case .ssh, .sharedSSH:
      let host = try host()
      var command = "ssh -F /dev/null -o UserKnownHostsFile='\(host.knownHosts)' -o IdentitiesOnly=yes -i '\(host.key)'"
      if reach == .sharedSSH {
        command += " -o ControlMaster=auto -o ControlPersist=10 -o ControlPath='\(host.directory.path("m"))-%p'"
      }
      return ["GIT_SSH_COMMAND": command]
    }
  }

  /// Returns the URL or path of a source.
  func address(_ source: String, by reach: Reach) throws -> String {
    switch reach {
    case .ssh, .sharedSSH: return try host().server.url(scratch.path("sources/\(source)"))
    case .path: return scratch.path("sources/\(source)")
    case .http:
      let running = try server ?? GitHTTPServer(root: scratch.path("sources"))
      server = running
      return running.url(source)
    }
  }

  // MARK: Sources

  /// Makes a source once; returns its path.
  func source(_ name: String, _ build: (String) throws -> Void) throws -> String {
    let path = scratch.path("sources/\(name)")
    if built.insert(name).inserted { try build(path) }
    return path
  }

  /// Makes 20,000 refs over 2,000 commits, as pull requests make them.
  func manyRefs(named name: String = "many-refs.git") throws -> TestRepository {
    let path = try source(name) { path in
      var builder = RepositoryBuilder()
      let commits = builder.commits(2_000)
      for number in 0..<19_899 { builder.ref("refs/pull/\(number)/head", at: commits[number % 2_000]) }
      for number in 0..<100 { builder.tag("v\(number)", of: commits[number * 20]) }
      builder.branch("main", at: commits[1_999])
      _ = try builder.build(at: path)
    }
    return TestRepository(existing: path)
  }

  /// Makes 500 small repositories; returns their names below the sources.
  func fleet() throws -> [String] {
    let names = (0..<500).map { "fleet/r\($0).git" }
    _ = try source("fleet") { directory in
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      for template in 0..<10 {
        var builder = RepositoryBuilder()
        let commits = builder.commits(20, label: "template \(template)")
        for number in 0..<5 { builder.branch("topic-\(number)", at: commits[number * 4]) }
        builder.branch("main", at: commits[19])
        builder.tag("v1", of: commits[10])
        _ = try builder.build(at: scratch.path("sources/\(names[template])"))
      }
      for number in 10..<500 {
        try FileManager.default.copyItem(
          atPath: scratch.path("sources/\(names[number % 10])"), toPath: scratch.path("sources/\(names[number])"))
      }
    }
    return names
  }

  /// Returns a big history: the given repository, or one made up by a process of its own. For Linux counts this
  /// process's peak into that of every child, and making it up takes memory.
  func bigHistory() throws -> String {
    let path = try source("big.git") { path in
      if let bigRepository {
        _ = try runGit(["clone", "-q", "--mirror", bigRepository, path])
      } else {
        _ = try run(.bigHistory, in: path)
      }
    }
    return (path as NSString).lastPathComponent
  }

  /// Fails the case when two repositories differ by their checksums.
  func expectEqual(_ copy: String, _ source: String) throws {
    let (mine, wanted) = (try GitCommand().checksum(copy), try GitCommand().checksum(source))
    guard mine == wanted else { throw BenchmarkFailure("\(copy) is no copy of \(source)") }
  }
}
