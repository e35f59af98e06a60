internal import AgentAPI
internal import Hummingbird
internal import WorkerPool

/// Answers readers and admins a few at a time, on a low-priority thread, so that replication goes first.
///
/// Without it, twenty readers with continuous requests delayed copies by a factor of eight, because their answers
/// shared a queue with the steps of syncs, and each answer waited for all others at each step
/// (`remora-benchmark faces`).
struct ReadersMiddleware: RouterMiddleware {
  typealias Context = AgentContext

  private let thread: QuietThread
  /// Several, so that an order to a whole registry does not block all other requests.
  private let gate = AdmissionGate(name: "readers", places: 4, waitingLimit: 10_000)

  init(_ thread: QuietThread) { self.thread = thread }

  /// Runs the request on that thread.
  func handle(
    _ request: Request, context: AgentContext, next: @concurrent (Request, AgentContext) async throws -> Response
  ) async throws -> Response {
    var request = request
    // Before a slot is taken: a slow body would hold it.
    if request.method == .post, request.hasBody {
      request.body = .init(buffer: try await request.body.collect(upTo: context.bodyBytes))
    }
    do {
      try await gate.enter()
    } catch is WorkerPoolError {
      throw AgentFault(503, "busy", "answer more readers at a time", hint: "ask less often")
    }
    defer { gate.leave() }
    return try await withTaskExecutorPreference(thread) { [request] in try await next(request, context) }
  }
}
