import Glibc
import Testing

@testable import WorkerPool

@Suite struct LowPriorityExecutorTests {
  private struct Place: Equatable {
    let thread = pthread_self()
    // On Linux that of the calling thread.
    let niceness = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
  }

  @concurrent private static func place() async -> Place { Place() }

  @Test func `work runs on the one thread, also what it awaits, and stands back`() async {
    let thread = LowPriorityExecutor()
    let before = await Self.place()
    let seen = await withTaskExecutorPreference(thread) {
      let first = await Self.place()
      await Task.yield()
      return [first, await Self.place()]
    }
    #expect(seen[0] == seen[1] && seen[0].thread != before.thread && seen[0].niceness == before.niceness + 10)
    await thread.shutdown()
  }

  @Test func `a task whose thread has ended comes to its end all the same`() async {
    let thread = LowPriorityExecutor()
    await thread.shutdown()
    let sum = await withTaskExecutorPreference(thread) {
      await Task.yield()
      return 7
    }
    #expect(sum == 7)
  }
}
