internal import Agent
internal import AgentAPI
internal import AgentClient
internal import ArgumentParser
internal import BoundedHTTP
internal import EventLog
internal import Foundation
internal import Replication
internal import SiteAssembly
internal import SystemPackage

/// `remora event`: announces to a primary what happened to a replicable.
struct EventCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "event",
    abstract: "Tell a primary what happened to a replicable.",
    discussion: """
      'destroy' alone destroys nothing: each secondary asks the primary, and
      believes what is on its disk.

      Examples:
        remora event push project_repository group/project
        remora event destroy release_asset 2026/archive.tar.gz
      """)

  @Argument(help: "push, update or destroy.")
  var event: EventWord

  @Argument(help: "The kind.")
  var name: String

  @Argument(help: "The id: a repository's path below the root without .git.")
  var id: String

  @Flag(help: "Run as a post-receive hook: read the ref changes, fall back to the spool.")
  var hook = false

  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws {
    guard hook else {
      _ = try await agent.ask { client in
        try await client.post(AgentRoute.events, EventNotice(event: .known(event), replicableName: name, id: id))
      }
      return
    }
    do {
      try await tellOrSpool(try readChanges())
    } catch {
      // The hook shows the first line to the pusher, writes it to the system's log, and lets the push be.
      Output.error("\(error)")
      throw ExitStatus.failed
    }
  }

  // MARK: As a hook

  /// How long the agent may take: a user waits for the end of a push.
  private static let patience = Duration.seconds(2)
  /// Larger input is a push of everything; the agent does not need each ref of it.
  private static let changeBytes = 512 << 10

  private func tellOrSpool(_ changes: [RefMoveRow]?) async throws {
    let file = AgentPointer.file(agent.config)
    let state = try AgentConfiguration.stateDirectory(file, environment: ProcessInfo.processInfo.environment)
    let notice = EventNotice(
      event: .known(event), replicableName: name, id: id, changes: changes,
      correlationId: UUID().uuidString.lowercased())
    let http = BoundedHTTPClient(configuration: .init(connectTimeout: Self.patience))
    let client = AgentClient(
      .socket(path: "\(state)/events.sock"), http: http, silence: Self.patience, total: Self.patience)
    let result: Result<Void, AgentFault>
    do throws(AgentFault) {
      try await client.post(AgentRoute.events, notice)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await http.shutdown()
    if case .failure(let fault) = result {
      // What the agent understood and refused would be refused from the spool as well.
      guard fault.status == 0 || fault.status >= 500 || fault.status == 429 else { throw fault }
      try spool(notice, below: state, because: fault)
    }
  }

  private func spool(_ notice: EventNotice, below state: String, because fault: AgentFault) throws {
    let event = SpooledEvent(
      word: SpooledEvent.Word(rawValue: notice.event.text) ?? .update, replicableName: try ReplicableName(name),
      id: try ReplicableID(id),
      changes: (notice.changes ?? []).map { RefMove(old: $0.old, new: $0.new, name: $0.ref) },
      correlationID: notice.correlationId ?? "", time: SiteEnvironment.system.now())
    do {
      try SpoolWriter(FilePath(state).appending("spool")).write(event)
    } catch {
      throw AgentFault(0, "not_told", "\(fault.message); then \(error)")
    }
  }

  /// The lines `OLD NEW REF` that git gives a post-receive hook; `nil` above the limit.
  private func readChanges() throws -> [RefMoveRow]? {
    guard event == .push, isatty(STDIN_FILENO) == 0 else { return [] }
    var changes: [RefMoveRow] = []
    var size = 0
    while let line = readLine() {
      size += line.utf8.count
      // Read to the end nevertheless: git would wait for a hook that reads no more.
      guard size <= Self.changeBytes else { continue }
      let parts = line.split(separator: " ", maxSplits: 2)
      guard parts.count == 3 else { continue }
      changes.append(RefMoveRow(old: String(parts[0]), new: String(parts[1]), ref: String(parts[2])))
    }
    return size <= Self.changeBytes ? changes : nil
  }
}

extension EventWord: ExpressibleByArgument {}
