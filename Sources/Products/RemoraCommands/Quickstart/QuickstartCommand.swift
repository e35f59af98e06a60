internal import AgentAPI
internal import AgentClient
internal import ArgumentParser
internal import BoundedHTTP
internal import ChildProcess
internal import Foundation
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

/// `remora quickstart`: the whole thing on one machine, in a directory that is gone afterwards.
struct QuickstartCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quickstart",
    abstract: "Show two agents at work on this machine, and leave nothing behind.",
    discussion: """
      Starts a primary and a secondary in a temporary directory, with copies of a
      repository, and then pushes, force-pushes, tampers, destroys and restores.
      Needs git. Nothing outside the temporary directory is written.

      Example:
        remora quickstart fixtures/sample.git
      """)

  @Argument(help: "The repository to play with; only read.", completion: .directory)
  var repository: String

  func run() async throws {
    let repository = try LocalPath.absolute(repository).string
    let result = Mutex<Result<Void, any Error>>(.success(()))
    let wasInterrupted = await Interruption.watch {
      do {
        let ground = try QuickstartFixture()
        defer { ground.remove() }
        try await QuickstartRun(ground).tell(with: repository)
      } catch {
        result.withLock { $0 = .failure(error) }
      }
    }
    if wasInterrupted { throw ExitStatus.interrupted }
    do {
      try result.withLock { try $0.get() }
    } catch {
      Output.error("error: quickstart: \(error)")
      throw ExitStatus.failed
    }
  }
}

/// The steps of a quickstart, printed as they happen.
struct QuickstartRun {
  private let ground: QuickstartFixture
  private static let kind = "project_repository"
  private static let patience = Duration.seconds(60)

  init(_ ground: QuickstartFixture) { self.ground = ground }

  /// - Parameter repository: the repository to play with.
  /// - Throws: what went wrong first.
  func tell(with repository: String) async throws {
    say("Everything happens in \(ground.path), and goes with it.")
    for id in ["project", "other"] { try ground.git("clone", "-q", "--mirror", repository, ground.source(id)) }
    let primary = try ground.start(["agent", "--config", ground.primaryConfiguration], log: "primary.log")
    defer { primary.abort() }
    let http = BoundedHTTPClient()
    let result: Result<Void, any Error>
    do { result = .success(try await tell(http)) } catch { result = .failure(error) }
    await http.shutdown()
    try result.get()
  }

  private func tell(_ http: BoundedHTTPClient) async throws {
    let primary = AgentClient(.socket(path: "\(ground.path)/primary/admin.sock"), http: http)
    try await until("the primary is up") {
      _ = try await primary.bytes(AgentRoute.readiness)
      return true
    }
    try ground.remora(
      "hook", "install", "--config", ground.primaryConfiguration, ground.source("project"), ground.source("other"))
    say("A primary serves two repositories; pushes are announced by a hook.")
    let process = try ground.start(["agent", "--config", ground.secondaryConfiguration], log: "secondary.log")
    defer { process.abort() }
    let secondary = AgentClient(.socket(path: "\(ground.path)/secondary/admin.sock"), http: http)
    for id in ["project", "other"] { try await untilEqual(id, secondary) }
    say("A secondary has copied and verified both.")
    try await push(secondary)
    try await tamper(secondary)
    try await destroy(secondary)
    say("", "What a person sees: remora status", try ground.remora("status", "--config", ground.secondaryConfiguration))
    say("", "Done. Nothing of it stays.")
  }

  // MARK: Steps

  private func push(_ secondary: AgentClient) async throws {
    let clone = "\(ground.path)/clone"
    try ground.git("clone", "-q", ground.source("project"), clone)
    try commit("first", in: clone)
    let begun = ContinuousClock.now
    try ground.git("-C", clone, "push", "-q", "origin", "HEAD")
    try await untilEqual("project", secondary)
    say("", "git push: on the secondary, verified, \(milliseconds(since: begun)) after the push began.")
    let lost = try ground.git("-C", clone, "rev-parse", "HEAD")
    try ground.git("-C", clone, "commit", "-q", "--amend", "-m", "rewritten")
    try ground.git("-C", clone, "push", "-q", "--force", "origin", "HEAD")
    try await untilEqual("project", secondary)
    let branch = try ground.git("-C", clone, "symbolic-ref", "HEAD")
    say("", "git push --force: the copy follows, and keeps what was lost, as 'remora history' shows:")
    say(try ground.remora("history", ground.copy("project"), branch))
    say(
      "The lost commit, read from the copy:",
      try ground.git("-C", ground.copy("project"), "log", "-1", "--oneline", lost))
  }

  private func commit(_ message: String, in clone: String) throws {
    try Data("\(message)\n".utf8).write(to: URL(fileURLWithPath: "\(clone)/\(message).txt"))
    try ground.git("-C", clone, "add", ".")
    try ground.git("-C", clone, "commit", "-q", "-m", message)
  }

  private func tamper(_ secondary: AgentClient) async throws {
    try ground.git("-C", ground.copy("other"), "update-ref", "refs/heads/intruder", "HEAD")
    say("", "Another program writes a ref into the copy 'other'. It is verified again:")
    try await secondary.post(
      AgentRoute.registryAction(Self.kind), RegistryAction(.reverify, ids: ["other"]))
    try await until("the tampering is caught") { try await !differences("other", secondary).isEmpty }
    let explanation = try await explanation("other", secondary)
    for fact in explanation.facts { say("  \(fact)") }
    for one in explanation.differences {
      say("  \(one.name): the primary has \(one.expected ?? "nothing"), the copy had \(one.found ?? "nothing")")
    }
    say("  next: \(explanation.next)")
    try await secondary.post(
      AgentRoute.registryAction(Self.kind), RegistryAction(.resync, ids: ["other"]))
    try await untilEqual("other", secondary)
    say("A person says 'resync' and need not wait: repaired, and verified.")
  }

  private func destroy(_ secondary: AgentClient) async throws {
    try FileManager.default.moveItem(atPath: ground.source("other"), toPath: "\(ground.path)/moved-away")
    try ground.remora("event", "destroy", "--config", ground.primaryConfiguration, Self.kind, "other")
    try await until("the copy goes to the trash") { !FileManager.default.fileExists(atPath: ground.copy("other")) }
    let trash = try await secondary.get(AgentRoute.trash(Self.kind), as: TrashPage.self).tickets
    guard let ticket = trash.first(where: { $0.id == "other" }) else {
      throw QuickstartFixture.Failure(description: "'other' is not in the trash")
    }
    say("", "The repository 'other' is destroyed on the host; its copy lies in the trash: \(ticket.name)")
    try await secondary.post(
      AgentRoute.trash(Self.kind), TrashAction(.restore, name: ticket.name))
    try FileManager.default.moveItem(atPath: "\(ground.path)/moved-away", toPath: ground.source("other"))
    try ground.remora("event", "update", "--config", ground.primaryConfiguration, Self.kind, "other")
    try await untilEqual("other", secondary)
    say("The copy comes back from the trash, the repository comes back on the host, and both are equal.")
  }

  // MARK: Asking

  private func entry(_ id: String, _ secondary: AgentClient) async throws -> RegistryRow? {
    let path = AgentRoute.path(AgentRoute.registry(Self.kind), [("id", id)])
    return try await secondary.get(path, as: RegistryPage.self).entries?.first
  }

  private func explanation(_ id: String, _ secondary: AgentClient) async throws -> ExplanationRow {
    try await secondary.get(
      AgentRoute.path(AgentRoute.explanation(Self.kind), [("id", id)]), as: ExplanationRow.self)
  }

  private func differences(_ id: String, _ secondary: AgentClient) async throws -> [DifferenceRow] {
    try await explanation(id, secondary).differences
  }

  /// Waits until git calls both sides equal and the secondary has verified its copy.
  private func untilEqual(_ id: String, _ secondary: AgentClient) async throws {
    try await until("the copy of '\(id)' is verified") {
      guard let entry = try await entry(id, secondary), entry.state == .synced, entry.verificationState == .succeeded
      else { return false }
      return try listing(ground.source(id)) == listing(ground.copy(id))
    }
  }

  private func listing(_ path: String) throws -> String {
    try ground.git("-C", path, "for-each-ref") + ground.git("-C", path, "symbolic-ref", "HEAD")
  }

  /// Asks until it is so; a failure on the way, such as an agent that is just starting, counts only when time is up.
  private func until(_ what: String, _ body: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + Self.patience
    var last: (any Error)?
    while ContinuousClock.now < deadline {
      try Task.checkCancellation()
      do {
        if try await body() { return }
        last = nil
      } catch {
        last = error
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw QuickstartFixture.Failure(
      description: "in \(Self.patience) it did not come about that \(what)" + (last.map { ": \($0)" } ?? ""))
  }

  private func milliseconds(since begun: ContinuousClock.Instant) -> String {
    "\(Int((ContinuousClock.now - begun) / .milliseconds(1))) ms"
  }

  private func say(_ lines: String...) { for line in lines { Output.result(line) } }
}
