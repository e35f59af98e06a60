import Foundation

/// Threads of our own for what blocks: two cores give the cooperative pool two threads, and a test that held one of
/// them would starve the parts under test.
package enum OwnThread {
  /// Starts a thread that ends with `body`.
  package static func start(named name: String, _ body: @escaping @Sendable () -> Void) {
    let thread = Thread(block: body)
    thread.name = name
    thread.start()
  }

  /// Runs blocking work from async code. Not cancellable: `body` brings its own deadline.
  package static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      start(named: "test-blocking") { continuation.resume(with: Swift.Result { try body() }) }
    }
  }
}
