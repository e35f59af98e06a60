import BoundedHTTP
import ChildProcess
import GitValues
import Glibc
import WorkerPool

/// Git's credential helpers (gitcredentials(7)), called by `git credential`: once for a server and not for each of its
/// repositories. They are notified whether the credential was accepted or rejected.
final class CredentialHelpers: Sendable {
  /// Whom the helpers are asked about.
  struct Key: Hashable, Sendable {
    let origin: HTTPOrigin
    /// The address's; `nil` when they are to choose.
    let user: String?
  }

  private struct Known: Sendable {
    let credential: HTTPBasicCredential?
    let expiry: Deadline
    var isApproved = false
  }

  private struct State: Sendable {
    var known: [Key: Known] = [:]
    /// The run that is asking; others wait for its answer.
    var asking: Set<Key> = []
  }

  /// Tokens of helpers may live no longer than an hour; a new one costs a process.
  private static let lifetime = Duration.seconds(300)
  private static let rememberedServers = 10_000

  private let gitExecutable: String
  private let environment: [String: String]
  private let prompt: TerminalPrompt?
  private let state = Monitor(State())

  /// - Parameter prompt: asks at the terminal when no helper answers; `nil` for never.
  init(gitExecutable: String, environment: [String: String], prompt: TerminalPrompt?) {
    self.gitExecutable = gitExecutable
    self.environment = environment
    self.prompt = prompt
  }

  /// User and password for a server; `nil` when there are none, or git is not installed.
  ///
  /// - Throws: `TransportError` when a helper hangs; `Cancelled`.
  func credential(for key: Key, subject: String, limits: WaitLimits) throws -> HTTPBasicCredential? {
    let registration = limits.cancellation.onRaise { [state] in state.wakeAll() }
    defer { registration.remove() }
    // The outer nil is the deadline's, the inner one means that we are the ones to ask.
    let found: Known?? = state.wait(until: limits.deadline) { state in
      if limits.cancellation.isRaised { return .some(nil) }
      if let known = state.known[key], !known.expiry.hasPassed { return known }
      return state.asking.insert(key).inserted ? .some(nil) : nil
    }
    try limits.cancellation.check()
    if let known = found ?? nil { return known.credential }
    guard found != nil else { throw Self.hangs(subject) }
    defer { state.withLock { _ = $0.asking.remove(key) } }
    let credential = try fill(key, subject, limits) ?? prompt?.ask(key, limits)
    state.withLock { state in
      if state.known.count >= Self.rememberedServers { state.known.removeAll() }
      state.known[key] = Known(credential: credential, expiry: .after(Self.lifetime))
    }
    return credential
  }

  /// Informs the helpers, once, that the server accepted it.
  func approve(_ credential: HTTPBasicCredential, _ key: Key, limits: WaitLimits) {
    let isNews = state.withLock { state in
      guard let known = state.known[key], known.credential == credential, !known.isApproved else { return false }
      state.known[key]?.isApproved = true
      return true
    }
    if isNews { tell("approve", credential, key, limits) }
  }

  /// Informs the helpers that the server did not accept it, so that they forget it, and forgets it here.
  func reject(_ credential: HTTPBasicCredential, _ key: Key, limits: WaitLimits) {
    state.withLock { state in
      if state.known[key]?.credential == credential { state.known[key] = nil }
    }
    tell("reject", credential, key, limits)
  }

  private func tell(_ what: String, _ credential: HTTPBasicCredential, _ key: Key, _ limits: WaitLimits) {
    // A helper that cannot be informed keeps the wrong thing, or nothing; the fetch is as good as before.
    _ = try? run(what, Self.description(key, credential), limits)
  }

  private func fill(_ key: Key, _ subject: String, _ limits: WaitLimits) throws -> HTTPBasicCredential? {
    do {
      guard let run = try run("fill", Self.description(key, nil), limits), run.ending == .exited(0) else { return nil }
      var values: [Substring: String] = [:]
      for line in TextLines.strings(run.output).map({ $0[...] }) {
        guard let equals = line.firstIndex(of: "=") else { continue }
        values[line[..<equals]] = String(line[line.index(after: equals)...])
      }
      guard let user = values["username"], let password = values["password"] else { return nil }
      return HTTPBasicCredential(user: user, password: password)
    } catch is ChildFailure {
      throw Self.hangs(subject)
    }
  }

  /// `nil` when git is not installed.
  private func run(_ what: String, _ input: [UInt8], _ limits: WaitLimits) throws -> ChildRun? {
    guard let git = ChildCommand.find(gitExecutable, in: environment) else { return nil }
    var environment = environment
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] { environment[name] = nil }
    // No prompt by a program that may have no terminal.
    environment["GIT_TERMINAL_PROMPT"] = "0"
    environment["GIT_ASKPASS"] = ""
    return try ChildRun(
      ChildCommand(path: git, arguments: ["credential", what], environment: environment), input: input, limits: limits)
  }

  /// The lines of git-credential(1). What holds a line end cannot be said in them, and is left out.
  private static func description(_ key: Key, _ credential: HTTPBasicCredential?) -> [UInt8] {
    let name = key.origin.host.contains(":") ? "[\(key.origin.host)]" : key.origin.host
    let port = key.origin.port == (key.origin.isSecure ? 443 : 80) ? "" : ":\(key.origin.port)"
    var lines = [("protocol", key.origin.isSecure ? "https" : "http"), ("host", name + port)]
    if let user = credential?.user ?? key.user { lines.append(("username", user)) }
    if let credential { lines.append(("password", credential.password)) }
    let text = lines.filter { !$0.1.utf8.contains { $0 == 0 || $0 == 0x0A } }.map { "\($0.0)=\($0.1)\n" }.joined()
    return Array((text + "\n").utf8)
  }

  private static func hangs(_ subject: String) -> TransportError {
    TransportError(
      .timeout, operation: "authenticate to", subject: subject, cause: "git's credential helper does not answer",
      hint: "try it with: git credential fill")
  }
}
