internal import AgentClient
internal import BoundedHTTP
internal import ChildProcess
internal import Foundation
internal import Glibc
internal import SiteTokens
internal import WorkerPool

/// The temporary directory of a quickstart, with what runs in it.
final class QuickstartFixture: Sendable {
  /// What went wrong, as text.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let path: String
  let port: UInt16

  /// Makes directories, a secret and two configurations.
  init() throws {
    var template = Array("\(NSTemporaryDirectory())/remora-quickstart-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil, let made = realpath(template, nil) else {
      throw Failure(description: "make a temporary directory: \(String(cString: strerror(errno)))")
    }
    defer { free(made) }
    path = String(cString: made)
    port = try Self.freePort()
    for name in ["host", "copies"] {
      try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
    }
    _ = try SiteSecret.generate(at: "\(path)/secret")
    try write(
      """
      site: { name: main, role: primary }
      state: "\(path)/primary"
      listen: 127.0.0.1:\(port)
      secondaries: [ { name: berlin, secret_file: "\(path)/secret" } ]
      replicables: { project_repository: { strategy: repository, root: "\(path)/host" } }

      """, to: primaryConfiguration)
    try write(
      """
      site: { name: berlin, role: secondary }
      state: "\(path)/secondary"
      listen: 127.0.0.1:0
      primary: { url: "http://127.0.0.1:\(port)", secret_file: "\(path)/secret" }
      replicables: { project_repository: { strategy: repository, root: "\(path)/copies" } }

      """, to: secondaryConfiguration)
  }

  var primaryConfiguration: String { "\(path)/primary.yaml" }
  var secondaryConfiguration: String { "\(path)/secondary.yaml" }

  func source(_ id: String) -> String { "\(path)/host/\(id).git" }
  func copy(_ id: String) -> String { "\(path)/copies/\(id).git" }

  func remove() {
    // What stays, because another program holds it, lies in the system's temporary directory.
    try? FileManager.default.removeItem(atPath: path)
  }

  private func write(_ text: String, to file: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
  }

  /// Returns a port that was free a moment ago: two configurations name it before a process listens there.
  private static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, length) == 0 ? getsockname(descriptor, generic, &length) : -1
      }
    }
    guard descriptor >= 0, status == 0 else {
      throw Failure(description: "find a free port: \(String(cString: strerror(errno)))")
    }
    return UInt16(bigEndian: address.sin_port)
  }

  // MARK: Programs

  /// Starts this program in the background; its output goes into a file.
  func start(_ arguments: [String], log: String) throws -> Child {
    let file = open("\(path)/\(log)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Failure(description: "open '\(path)/\(log)': \(String(cString: strerror(errno)))") }
    defer { close(file) }
    return try Child(
      command("/proc/self/exe", arguments), input: .nothing, output: .descriptor(file),
      limits: WaitLimits(silence: Self.timeout, deadline: .distant, cancellation: CancellationFlag()))
  }

  /// Runs git to its end; gives what it printed.
  @discardableResult func git(_ arguments: String...) throws -> String {
    try run("/usr/bin/env", ["git"] + arguments)
  }

  /// Runs this program to its end; gives what it printed.
  @discardableResult func remora(_ arguments: String...) throws -> String { try run("/proc/self/exe", arguments) }

  private func run(_ program: String, _ arguments: [String]) throws -> String {
    let run = try ChildRun(
      command(program, arguments),
      limits: WaitLimits(silence: Self.timeout, deadline: .after(Self.timeout), cancellation: CancellationFlag()))
    let text = String(decoding: run.output, as: UTF8.self).trimmingCharacters(in: .newlines)
    guard run.ending == .exited(0) else {
      let cause = [run.errorText.description, text].first { !$0.isEmpty } ?? run.ending?.text ?? "it does not end"
      throw Failure(description: "\(arguments.joined(separator: " ")): \(cause)")
    }
    return text
  }

  private static let timeout = Duration.seconds(60)

  private func command(_ program: String, _ arguments: [String]) -> ChildCommand {
    ChildCommand(path: program, arguments: arguments, environment: environment)
  }

  /// Nothing of the user's environment but the path of git.
  private var environment: [String: String] {
    [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", "HOME": path,
      "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_AUTHOR_NAME": "Remora",
      "GIT_AUTHOR_EMAIL": "remora@example.org", "GIT_COMMITTER_NAME": "Remora",
      "GIT_COMMITTER_EMAIL": "remora@example.org",
    ]
  }
}
