internal import AgentAPI
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SiteTokens
internal import Synchronization

/// A request's body as it is received: within its limit and the budget of all, and, if a site has signed it, with its
/// digest compared at its end. It keeps no bytes.
struct GuardedBody: AsyncSequence, Sendable {
  typealias Element = ByteBuffer

  let body: RequestBody
  let limit: Int
  /// The lease for its bytes; `nil` where the route itself reserves its bytes (`GitService.uploadPack`).
  let lease: BodyBudget.Lease?
  /// The expected body of a site's request; `nil` for all others.
  let admission: SiteAdmission?
  /// The outcome, for a caller that does not read it to its end.
  let verdict: Verdict

  /// The outcome of a reading.
  final class Verdict: Sendable {
    private let error = Mutex<(any Error)?>(nil)

    /// Why the body was refused; `nil` unless it was.
    var refusal: (any Error)? { error.withLock { $0 } }

    fileprivate func refuse(_ error: any Error) { self.error.withLock { $0 = $0 ?? error } }
  }

  func makeAsyncIterator() -> Iterator { Iterator(guarded: self, body: body.makeAsyncIterator()) }

  struct Iterator: AsyncIteratorProtocol {
    let guarded: GuardedBody
    var body: RequestBody.AsyncIterator
    private var digest = RunningDigest()
    private var count = 0

    init(guarded: GuardedBody, body: RequestBody.AsyncIterator) {
      self.guarded = guarded
      self.body = body
    }

    @concurrent mutating func next() async throws -> ByteBuffer? {
      guard let piece = try await body.next() else {
        try judged { () throws(SiteTokenError) in try guarded.admission?.check(BodyDigest(digest)) }
        return nil
      }
      count += piece.readableBytes
      try judged { () throws(AgentFault) in
        guard count <= guarded.limit else { throw AgentFault.tooLarge(nil, guarded.limit) }
        try guarded.lease?.take(piece.readableBytes)
      }
      if guarded.admission != nil { piece.withUnsafeReadableBytes { digest.update($0) } }
      return piece
    }

    private func judged<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
      do {
        try body()
      } catch {
        guarded.verdict.refuse(error)
        throw error
      }
    }
  }

  /// Reads it to its end and discards it.
  func drain() async throws {
    for try await _ in self {}
  }
}

extension AgentFault {
  /// - Parameter count: bytes of the body; `nil` where unknown.
  static func tooLarge(_ count: Int?, _ limit: Int) -> AgentFault {
    AgentFault(
      413, "too_large", "take a body of \(count.map { "\($0)" } ?? "so many") bytes: \(limit) are the most")
  }
}

extension Request {
  /// The length that the head declares; the largest one for a number that is larger still. `nil` without one.
  var declaredLength: Int? { headers[.contentLength].map { Int($0) ?? .max } }

  /// Whether a body follows the head.
  var hasBody: Bool { headers[.transferEncoding] != nil || (declaredLength ?? 0) > 0 }
}

/// Limits the bytes of all bodies together, in memory or on disk, and of one client's.
final class BodyBudget: Sendable {
  private struct Books {
    var total = 0
    var shares: [String: Int] = [:]
  }

  private let most: Int
  private let share: Int
  private let setting: String
  private let books = Mutex(Books())

  /// - Parameters:
  ///   - most: bytes in all.
  ///   - largest: bytes of the largest accepted body: a client's share is a quarter of all, and at least that.
  ///   - setting: the key of the limit in the configuration.
  init(most: Int, largest: Int, setting: String) {
    self.setting = setting
    self.most = max(most, largest)
    share = max(most / 4, largest)
  }

  /// Returns the lease of one request, which is released with it.
  func lease(for client: String) -> Lease { Lease(self, client) }

  /// Bytes in use.
  var taken: Int { books.withLock { $0.total } }

  fileprivate func take(_ count: Int, _ client: String) -> Bool {
    books.withLock { books in
      guard books.total + count <= most, books.shares[client, default: 0] + count <= share else { return false }
      books.total += count
      books.shares[client, default: 0] += count
      return true
    }
  }

  fileprivate func giveBack(_ count: Int, _ client: String) {
    books.withLock { books in
      books.total -= count
      let rest = books.shares[client, default: 0] - count
      books.shares[client] = rest > 0 ? rest : nil
    }
  }

  /// The bytes of one request.
  final class Lease: Sendable {
    private let budget: BodyBudget
    private let client: String
    private let count = Mutex(0)

    fileprivate init(_ budget: BodyBudget, _ client: String) {
      self.budget = budget
      self.client = client
    }

    deinit { end() }

    /// - Throws: `AgentFault` 503 when all, or the client's share, is in use.
    func take(_ bytes: Int) throws(AgentFault) {
      guard budget.take(bytes, client) else {
        throw AgentFault(
          503, "busy", "take more bytes of requests at a time", hint: "ask again; \(budget.setting) is the bound")
      }
      count.withLock { $0 += bytes }
    }

    /// Releases all bytes. Calling it again does nothing.
    func end() {
      let bytes = count.withLock { count in
        defer { count = 0 }
        return count
      }
      if bytes > 0 { budget.giveBack(bytes, client) }
    }
  }
}
