import WorkerPool

/// Gives other tasks their turn until `condition` holds: for states that nobody announces. False after ten seconds.
func eventually(_ condition: () -> Bool) async -> Bool {
  let end = Deadline.after(.seconds(10))
  while !condition() {
    if end.hasPassed { return false }
    await Task.yield()
  }
  return true
}
