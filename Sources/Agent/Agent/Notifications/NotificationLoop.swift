internal import AgentAPI
internal import BoundedHTTP
internal import ChildProcess
internal import DurableFiles
internal import Foundation
internal import Replication
internal import StateFiles
internal import SystemPackage
internal import WorkerPool

/// Reads the site's status periodically and sends what has changed in it to a webhook and a command.
///
/// Each notification is durable before it is sent, and is sent again until it is delivered, also after a restart: at
/// least once, in order.
struct NotificationLoop: Sendable {
  let settings: NotificationSettings
  let state: String
  let http: BoundedHTTPClient
  let storage: WorkerPool
  let environment: SiteEnvironment
  let observer: any ReplicationObserver
  let status: @Sendable () async throws -> StatusRow

  private static let tick = Duration.seconds(2)
  private static let limit = Duration.seconds(30)
  private static let (firstPause, longestPause) = (Duration.seconds(5), Duration.seconds(300))

  /// The back-off of a channel that did not take a notification.
  private struct Rest {
    var until = ContinuousClock.now
    var pause = NotificationLoop.firstPause
  }

  private var channels: [String] {
    [settings.webhook.map { _ in "webhook" }, settings.command.map { _ in "command" }].compactMap { $0 }
  }

  /// Runs until the task is cancelled.
  func run() async {
    guard !channels.isEmpty else { return }
    var book = read()
    var rests: [String: Rest] = [:]
    while !Task.isCancelled {
      do {
        let status = try await status()
        var next = book
        next.take(
          Condition.all(of: status, lag: settings.lag), site: status.site, role: status.role.text, channels: channels,
          at: environment.now(), after: settings.after, calm: min(NotificationBook.calm, settings.after))
        if next != book {
          try await write(next)
          book = next
        }
      } catch {
        if !Task.isCancelled { observer.log(.trouble("look for what to notify of: \(error)")) }
      }
      for channel in channels { await deliver(&book, to: channel, &rests[channel, default: Rest()]) }
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: Self.tick)
    }
  }

  private func deliver(_ book: inout NotificationBook, to channel: String, _ rest: inout Rest) async {
    while let first = book.outbox[channel]?.first, ContinuousClock.now >= rest.until, !Task.isCancelled {
      do {
        try await send(first, to: channel)
        book.outbox[channel]?.removeFirst()
        try await write(book)
        rest.pause = Self.firstPause
      } catch {
        guard !Task.isCancelled else { return }
        observer.log(.trouble("notify by notify.\(channel) of '\(first.subject)': \(error)"))
        rest.until = .now + rest.pause
        rest.pause = min(rest.pause * 2, Self.longestPause)
      }
    }
  }

  private func send(_ notification: Notification, to channel: String) async throws {
    let body = try AgentJSON.encode(notification) + [UInt8(ascii: "\n")]
    if channel == "webhook", let url = settings.webhook {
      var request = HTTPRequest(.post, url)
      request.headers.add("Content-Type", "application/json")
      request.headers.add("User-Agent", "remora/\(Agent.version)")
      request.body = body
      request.limits.total = Self.limit
      let status: Int
      do {
        status = try await http.exchange(request) { $0.status }
      } catch let failure as HTTPFailure {
        // Its message may contain the address, which is often a secret.
        throw AgentFault(0, "unreachable", "the webhook does not answer (\(failure.kind.text))")
      }
      guard (200..<300).contains(status) else { throw AgentFault(0, "refused", "the webhook answered \(status)") }
    } else if channel == "command", let command = settings.command {
      let file = "\(state)/notification.json"
      try await storage.run { flag in try Self.start(command, file, body, flag) }
    }
  }

  /// Runs the program with the text as its input; it must exit with 0 within the limit.
  private static func start(_ command: String, _ file: String, _ body: [UInt8], _ flag: CancellationFlag) throws {
    try RealFileSystem().replaceFile(FilePath(file), with: body, permissions: FilePermissions(rawValue: 0o600))
    defer { unlink(file) }
    let (input, none) = (open(file, O_RDONLY | O_CLOEXEC), open("/dev/null", O_WRONLY | O_CLOEXEC))
    defer { for descriptor in [input, none] where descriptor >= 0 { close(descriptor) } }
    guard input >= 0, none >= 0 else {
      throw AgentFault(0, "failed", "give the command its input: \(String(cString: strerror(errno)))")
    }
    let environment = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME", "LANG", "TZ"].contains($0.key) }
    let limits = WaitLimits(silence: limit, deadline: .after(limit), cancellation: flag)
    let child = try started(ChildCommand(path: command, arguments: [], environment: environment), input, none, limits)
    defer { child.abort() }
    guard let ending = try child.ending(by: limits.deadline) else {
      throw AgentFault(0, "failed", "the command did not end within \(limit)")
    }
    guard ending == .exited(0) else { throw AgentFault(0, "failed", "the command ended with \(ending.text)") }
  }

  private static func started(
    _ command: ChildCommand, _ input: Int32, _ output: Int32, _ limits: WaitLimits
  ) throws -> Child {
    do {
      return try Child(command, input: .descriptor(input), output: .descriptor(output), limits: limits)
    } catch {
      throw AgentFault(0, "failed", "run the command: \(error)")
    }
  }

  // MARK: The book

  private var file: StateFile<NotificationBook> {
    StateFile(
      FilePath(state).appending("notifications.json"), format: .json(version: nil, layout: .escapedSlashes),
      limit: 1 << 26)
  }

  /// Reads the book. A missing or damaged one is empty: conditions that last are notified once more.
  private func read() -> NotificationBook {
    do {
      return try file.read() ?? NotificationBook()
    } catch {
      observer.log(.trouble("read '\(file.path)': it is damaged, and begun anew"))
      return NotificationBook()
    }
  }

  private func write(_ book: NotificationBook) async throws {
    try await storage.run { [file] _ in try file.write(book) }
  }
}

/// The channels of notifications, and their delays.
package struct NotificationSettings: Hashable, Sendable {
  /// Receives a POST with JSON. The URL is often a secret: it is never shown.
  package var webhook: String?
  /// A program; receives the JSON as its input.
  package var command: String?
  /// How long a failure must last before it is notified.
  package var after = Duration.seconds(600)
  /// How long a change may take to arrive.
  package var lag = Duration.seconds(900)

  /// No notifications.
  package init() {}
}
