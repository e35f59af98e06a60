internal import AgentClient
internal import BoundedHTTP
internal import Foundation
internal import Glibc
internal import SiteTokens
internal import WorkerPool

/// The temporary directory of a quickstart, with what runs in it.
final class QuickstartGround: Sendable {
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

  /// A port that was free a moment ago: two configurations name it before anybody listens there.
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

  /// Starts this program beside us.
  func start(_ arguments: [String], log: String) throws -> ChildGroup {
    try spawn("/proc/self/exe", arguments, output: "\(path)/\(log)")
  }

  /// Runs git to its end; gives what it printed.
  @discardableResult func git(_ arguments: String...) throws -> String {
    try run("/usr/bin/env", ["git"] + arguments)
  }

  /// Runs this program to its end; gives what it printed.
  @discardableResult func remora(_ arguments: String...) throws -> String { try run("/proc/self/exe", arguments) }

  private func run(_ program: String, _ arguments: [String]) throws -> String {
    let output = "\(path)/output"
    let child = try spawn(program, arguments, output: output)
    let ending = child.ending(by: .after(.seconds(60)), cancellation: CancellationFlag())
    let text = try String(contentsOfFile: output, encoding: .utf8).trimmingCharacters(in: .newlines)
    guard ending == .exited(0) else {
      throw Failure(description: "\(arguments.joined(separator: " ")): \(text.isEmpty ? "\(ending as Any)" : text)")
    }
    return text
  }

  private func spawn(_ program: String, _ arguments: [String], output: String) throws -> ChildGroup {
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    let sink = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    defer {
      close(nothing)
      close(sink)
    }
    guard nothing >= 0, sink >= 0 else {
      throw Failure(description: "open '\(output)': \(String(cString: strerror(errno)))")
    }
    return try ChildGroup(
      path: program, arguments: arguments, environment: environment, descriptors: [nothing, sink, sink])
  }

  /// Nothing of the person who looks on, but the way to git.
  private var environment: [String: String] {
    [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", "HOME": path,
      "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_AUTHOR_NAME": "Remora",
      "GIT_AUTHOR_EMAIL": "remora@example.org", "GIT_COMMITTER_NAME": "Remora",
      "GIT_COMMITTER_EMAIL": "remora@example.org",
    ]
  }
}
