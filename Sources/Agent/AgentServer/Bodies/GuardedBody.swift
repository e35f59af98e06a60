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
  /// Whether a body follows the head.
  var hasBody: Bool { headers[.transferEncoding] != nil || (headers[.contentLength].flatMap(Int.init) ?? 0) > 0 }
}
