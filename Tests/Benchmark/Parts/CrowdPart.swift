import AgentAPI
import Foundation
import Synchronization
import TestSupport

/// Readers of a secondary's page and API, by the network and with a reader's token: each asks again after a pause, or
/// as soon as it is answered.
///
/// By plain calls on sockets, so that readers take little of the processors that the agents have to share with them here.
struct CrowdPart: Codable {
  let port: UInt16
  let token: String
  let readers: Int
  /// The path of a list's last page.
  let lastPage: String
  /// Seconds from an answer to the next question.
  var pause = 0.0

  /// What was seen: milliseconds of each answer by the question's name, and how long all of it took.
  struct Seen: Codable {
    var milliseconds: [String: [Double]] = [:]
    var seconds = 0.0
  }

  private final class Books: Sendable {
    let seen = Mutex(Seen())
    let failure = Mutex<(any Error)?>(nil)
  }

  static let names = ["status", "node-status", "metrics", "first-page", "last-page", "graphql-100", "sites", "list"]

  /// A request for each of the names.
  private var requests: [[UInt8]] {
    let list = AgentRoute.registry(AgentPair.repositories)
    let firstPage = AgentRoute.path(list, [("sort", "id_asc"), ("limit", "20")])
    let headers = "Host: 127.0.0.1:\(port)\r\nAuthorization: Bearer \(token)\r\n"
    let graphQL =
      "POST /graphql HTTP/1.1\r\n\(headers)Content-Length: \(Self.pageOfHundred.utf8.count)\r\n\r\n\(Self.pageOfHundred)"
    let paths = [
      AgentRoute.status, AgentRoute.nodeStatus, AgentRoute.metrics, firstPage, lastPage, nil, "/",
      "/kinds/\(AgentPair.repositories)?state=synced",
    ]
    return paths.map { path in Array((path.map { "GET \($0) HTTP/1.1\r\n\(headers)\r\n" } ?? graphQL).utf8) }
  }

  private static let pageOfHundred =
    #"{"query":"{ geoNode { projectRepositoryRegistries(first: 100, sort: LAST_SYNCED_AT_DESC, replicationState: SYNCED) { "#
    + #"nodes { id state modelRecordId lastSyncedAt verificationState verificationChecksum verifiedAt retryCount } "#
    + #"pageInfo { endCursor hasNextPage } count } } }"}"#

  /// Reads as `crowd.json` in the directory says, until there is a file `over`, and leaves `seen.json`.
  static func read(in directory: String) throws {
    let place = URL(fileURLWithPath: directory)
    let part = try JSONDecoder().decode(CrowdPart.self, from: try Data(contentsOf: place.appending(path: "crowd.json")))
    let seen = try part.seen { FileManager.default.fileExists(atPath: "\(directory)/over") }
    try JSONEncoder().encode(seen).write(to: place.appending(path: "seen.json"))
  }

  private func seen(until isOver: @escaping @Sendable () -> Bool) throws -> Seen {
    let (requests, books, done) = (requests, Books(), DispatchSemaphore(value: 0))
    let begun = ContinuousClock.now
    for reader in 0..<readers {
      OwnThread.start(named: "reader") {
        do {
          var connection = try Connection(port: port)
          var turn = reader
          // Not all at the same moment.
          Thread.sleep(forTimeInterval: pause * Double(reader) / Double(readers))
          while !isOver() {
            let question = turn % requests.count
            let asked = ContinuousClock.now
            try connection.ask(requests[question])
            let took = (ContinuousClock.now - asked) / .milliseconds(1)
            books.seen.withLock { $0.milliseconds[Self.names[question], default: []].append(took) }
            turn += 1
            if pause > 0 { Thread.sleep(forTimeInterval: pause) }
          }
        } catch {
          books.failure.withLock { $0 = error }
        }
        done.signal()
      }
    }
    for _ in 0..<readers { done.wait() }
    if let failure = books.failure.withLock({ $0 }) { throw failure }
    var seen = books.seen.withLock { $0 }
    seen.seconds = (ContinuousClock.now - begun) / .seconds(1)
    return seen
  }

  /// A connection that is kept, for one question after the other.
  private struct Connection: ~Copyable {
    private let descriptor: Int32

    init(port: UInt16) throws { descriptor = try LoopbackSocket.connect(to: port) }

    deinit { close(descriptor) }

    /// Asks, and reads the answer to its end.
    mutating func ask(_ request: [UInt8]) throws {
      guard LoopbackSocket.send(request, to: descriptor) else { throw BenchmarkFailure("the connection broke") }
      var answer: [UInt8] = []
      var length: Int?
      while length.map({ answer.count < $0 }) ?? true {
        let piece = LoopbackSocket.receive(from: descriptor)
        guard !piece.isEmpty else { throw BenchmarkFailure("the connection broke") }
        answer += piece
        if length == nil { length = try Self.length(of: answer) }
      }
    }

    /// Returns how long a whole answer is, once its head is there.
    private static func length(of answer: [UInt8]) throws -> Int? {
      guard let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
      let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
      guard head.hasPrefix("HTTP/1.1 200"), let length = head.lowercased().firstMatch(of: /content-length: (\d+)/),
        let count = Int(length.output.1)
      else { throw BenchmarkFailure("not answered: \(head)") }
      return end.upperBound + count
    }
  }
}
