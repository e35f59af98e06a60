import Foundation

/// A real Git server over HTTP or HTTPS on 127.0.0.1: nginx, fcgiwrap and git's own `http-backend`.
///
/// The port is bound before nginx starts and handed over, so requests may be sent at once and ports cannot collide.
package final class GitHTTPServer: Sendable {
  package struct Options: Sendable {
    /// nil for plain HTTP.
    package var certificate: TestAuthority.Certificate?
    /// Asks for this user and password by basic authentication.
    package var basicAuthentication: (user: String, password: String)?
    /// Asks for `Authorization: Bearer TOKEN`.
    package var bearerToken: String?
    /// Hides `Git-Protocol` from git, which then answers in version 0.
    package var forcesVersion0 = false
    /// Settings for every git that serves, such as `uploadpack.allowFilter`.
    package var gitConfiguration: [String: String] = [:]
    /// nginx directives for the `server` block, such as locations that redirect.
    package var extraConfiguration = ""
    /// Requests that one connection may carry before nginx closes it.
    package var requestsPerConnection = 100_000

    package init() {}
  }

  /// How many git processes serve at a time.
  package static let workerCount = 4

  package let port: UInt16
  /// `http://127.0.0.1:PORT` or `https://…`, without a slash at its end.
  package let base: String
  /// What a client must trust; nil for plain HTTP.
  package let authorityFile: String?
  private let directory: TemporaryDirectory
  private let leash: Leash
  /// A second, plain port of the same worker, for questions of our own.
  private let controlPort: UInt16

  /// Serves the repositories below `root`, read-only.
  package init(root: String, options: Options = Options()) throws {
    directory = try TemporaryDirectory("nginx")
    let (listener, port) = try LoopbackSocket.listen(backlog: 512, blocking: false)
    defer { close(listener) }
    let (control, controlPort) = try LoopbackSocket.listen(blocking: false)
    defer { close(control) }
    let backend = try LoopbackSocket.listen(path: directory.path("backend"))
    defer { close(backend) }
    self.port = port
    self.controlPort = controlPort
    let isSecure = options.certificate != nil
    base = "\(isSecure ? "https" : "http")://127.0.0.1:\(port)"
    if let certificate = options.certificate { try TestAuthority.shared.get().write(certificate, into: directory) }
    authorityFile = isSecure ? directory.path("ca.pem") : nil
    if let (user, password) = options.basicAuthentication {
      try directory.write("\(user):{PLAIN}\(password)\n", to: "users")
    }
    let configuration = NginxConfiguration(
      directory: directory.path, root: root, port: port, controlPort: controlPort,
      execPath: try Self.execPath.get(), options: options)
    try directory.write(configuration.text, to: "nginx.conf")
    try directory.write("", to: "access.log")
    var environment = ChildProcess.isolatedEnvironment()
    // The way in which nginx hands its listeners to its successor; 5 is fcgiwrap's.
    environment["NGINX"] = "3;4;"
    environment["PATH", default: ""] += ":/usr/sbin:/sbin"
    let nginx = "nginx -e '\(directory.path)/error.log' -c '\(directory.path)/nginx.conf' 5<&-"
    // One process a worker, not its own prefork: a worker is collected by the shell that started it.
    let workers = [String](repeating: "fcgiwrap 0<&5 3<&- 4<&- 5<&-", count: Self.workerCount)
    leash = try Leash(
      [nginx] + workers, environment: environment, directory: directory.path, descriptors: [listener, control, backend])
    do {
      try passSentinel()
    } catch {
      let log = (try? String(contentsOfFile: directory.path("error.log"), encoding: .utf8)) ?? ""  // may be missing
      throw TestSupportError("nginx did not start: \(error); \(leash.errors) \(log)")
    }
  }

  deinit { leash.stop() }

  /// Returns the URL of a repository, by its path below the root.
  package func url(_ repository: String) -> String { "\(base)/\(repository)" }

  /// Ends the server now: later connections are refused.
  package func stop() { leash.stop() }

  /// Returns every request so far, in the order in which they ended.
  ///
  /// nginx logs a request right after its answer. A request of our own, served by the same single worker, comes after those
  /// that a client has seen answered, so they are all here.
  package func accessLog() throws -> [AccessRecord] {
    try passSentinel()
    let text = try String(contentsOfFile: directory.path("access.log"), encoding: .utf8)
    return try text.split(separator: "\n").map { try JSONDecoder().decode(AccessRecord.self, from: Data($0.utf8)) }
  }

  /// Connections that have carried a request.
  package func connectionCount() throws -> Int { Set(try accessLog().map(\.connection)).count }

  /// Empties the log.
  package func clearAccessLog() throws {
    try passSentinel()
    guard truncate(directory.path("access.log"), 0) == 0 else {
      throw TestSupportError.systemCall("truncate", on: "access.log", number: errno)
    }
  }

  /// What the git processes behind the server complained about.
  package var backendErrors: String { leash.errors }

  /// Sends a request of our own and waits for its answer.
  private func passSentinel() throws {
    let socket = try LoopbackSocket.connect(to: controlPort)
    defer { close(socket) }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let text = "GET / HTTP/1.0\r\n\r\n"
    guard LoopbackSocket.send(text.utf8, to: socket), !LoopbackSocket.receive(from: socket).isEmpty else {
      throw TestSupportError("nginx does not answer")
    }
  }

  private static let execPath = Result { try GitCommand().run("--exec-path").text }
}
