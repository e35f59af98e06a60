import AgentServer
import Foundation
import GitServing
import Hummingbird
import Logging
import NIOCore
import SystemPackage
import TestSupport
import WorkerPool

/// A real server on 127.0.0.1 with the routes of repositories and blobs, over a directory of its own.
final class RoutesFixture: Sendable {
  let directory: TemporaryDirectory
  let port: Int
  let service: GitService
  private let workers = WorkerPool(name: "test", threads: 2, waitingLimit: 100)
  private let task: Task<Void, any Error>

  /// - Parameters:
  ///   - writeLimit: how long a client may leave an answer unread.
  ///   - requestTimeout: how long a request of git's may take to arrive.
  init(writeLimit: Duration, requestTimeout: Duration) async throws {
    directory = try TemporaryDirectory("routes")
    var settings = GitServingSettings(environment: GitCommand().wholeEnvironment)
    settings.requestTimeout = requestTimeout
    settings.temporaryDirectory = FilePath(directory.path)
    service = GitService(settings: settings, workers: workers)
    let root = directory.path
    let router = Router()
    // The kind identifies the client: a site and a reader see the same repository.
    router.addGitRoutes(service, writeLimit: writeLimit) { _, _, target in
      guard ["site", "people"].contains(target.kind) else { throw HTTPError(.notFound) }
      return ServedRepository(
        path: FilePath("\(root)/\(target.id).git"), showsHiddenRefs: target.kind == "site")
    }
    router.addBlobRoutes(workers: workers, writeLimit: writeLimit) { _, _, target in
      guard target.kind == "asset" else { throw HTTPError(.notFound) }
      return ServedBlob(root: FilePath("\(root)/assets"), path: FilePath(target.id))
    }
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in
        continuation.yield(channel.localAddress?.port ?? 0)
        continuation.finish()
      }, logger: logger)
    task = Task { try await application.run() }
    var iterator = ports.makeAsyncIterator()
    guard let port = await iterator.next() else { throw TestSupportError("the server did not start") }
    self.port = port
  }

  var base: String { "http://127.0.0.1:\(port)" }

  func url(_ path: String) -> String { "\(base)/\(path)" }

  /// Ends the server and all that it runs.
  func close() async {
    task.cancel()
    // Cancelling is how it ends.
    _ = try? await task.value
    await service.shutdown()
    await workers.shutdown()
  }

  /// One answer, taken apart.
  struct Answer {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  /// Asks with curl, whose paths go out as they are.
  func ask(_ path: String, _ options: String...) async throws -> Answer {
    let outcome: ProcessOutcome = try await ChildProcess(
      "curl", ["-s", "-i", "--path-as-is", "--max-time", "60"] + options + [url(path)]
    ).outcome()
    let end = Array("\r\n\r\n".utf8)
    guard let border = Bytes.firstIndex(of: end, in: outcome.output) else {
      throw TestSupportError("no answer to \(path): \(outcome.end) \(outcome.errorText)")
    }
    let lines = String(decoding: outcome.output[..<border], as: UTF8.self).split(separator: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return Answer(status: status, headers: headers, body: Array(outcome.output[(border + end.count)...]))
  }
}

/// Gives `body` a fresh server, and ends it afterwards.
func withRoutes(
  writeLimit: Duration = .seconds(30), requestTimeout: Duration = .seconds(30),
  _ body: (RoutesFixture) async throws -> Void
) async throws {
  let fixture = try await RoutesFixture(writeLimit: writeLimit, requestTimeout: requestTimeout)
  do {
    try await body(fixture)
  } catch {
    await fixture.close()
    throw error
  }
  await fixture.close()
}

/// Yields to other tasks until `condition` holds, for states without a notification. Returns false after twenty
/// seconds.
func eventually(_ condition: () throws -> Bool) async rethrows -> Bool {
  let end = Deadline.after(.seconds(20))
  while !(try condition()) {
    if end.hasPassed { return false }
    await Task.yield()
  }
  return true
}
