import TestSupport
import WorkerPool

/// Yields to other tasks until `condition` holds, for states without a notification. Returns false after ten seconds.
func eventually(_ condition: () -> Bool) async -> Bool {
  let end = Deadline.after(.seconds(10))
  while !condition() {
    if end.hasPassed { return false }
    await Task.yield()
  }
  return true
}

/// Waits until the event was delivered. False after ten seconds.
func happens(_ event: Delivery<Void>) async throws -> Bool {
  try await OwnThread.run { event.isThere(by: .after(.seconds(10))) }
}
