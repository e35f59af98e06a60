import Synchronization
import TestSupport
import Testing
import WorkerPool

@Suite struct CancellationFlagTests {
  @Test("a flag is raised once and stays raised")
  func raising() throws {
    let flag = CancellationFlag()
    #expect(!flag.isRaised)
    try flag.check()
    flag.raise()
    flag.raise()
    #expect(flag.isRaised)
    #expect(throws: Cancelled.self) { try flag.check() }
  }

  @Test("an action runs once when the flag is raised, and at once when it was raised before")
  func actions() {
    let flag = CancellationFlag()
    let count = Atomic(0)
    let early = flag.onRaise { count.add(1, ordering: .relaxed) }
    #expect(count.load(ordering: .relaxed) == 0)
    flag.raise()
    flag.raise()
    #expect(count.load(ordering: .relaxed) == 1)
    let late = flag.onRaise { count.add(10, ordering: .relaxed) }
    #expect(count.load(ordering: .relaxed) == 11)
    early.remove()
    late.remove()
  }

  @Test("a removed action does not run")
  func removal() {
    let flag = CancellationFlag()
    let count = Atomic(0)
    flag.onRaise { count.add(1, ordering: .relaxed) }.remove()
    flag.raise()
    #expect(count.load(ordering: .relaxed) == 0)
  }

  @Test("after remove the action is not running and never runs, however raise and remove meet")
  func removalRace() async throws {
    for _ in 0..<500 {
      let flag = CancellationFlag()
      let isOpen = Atomic(true)
      let sawClosed = Atomic(false)
      let registration = flag.onRaise {
        if !isOpen.load(ordering: .acquiring) { sawClosed.store(true, ordering: .relaxed) }
      }
      async let raised: Void = OwnThread.run { flag.raise() }
      registration.remove()
      isOpen.store(false, ordering: .releasing)
      try await raised
      #expect(sawClosed.load(ordering: .relaxed) == false)
    }
  }

  @Test("every action runs exactly once, however registering and raising meet")
  func registrationRace() async throws {
    for _ in 0..<500 {
      let flag = CancellationFlag()
      let count = Atomic(0)
      async let raised: Void = OwnThread.run { flag.raise() }
      for _ in 0..<8 { _ = flag.onRaise { count.add(1, ordering: .relaxed) } }
      try await raised
      #expect(count.load(ordering: .relaxed) == 8)
    }
  }
}
