import DurableFiles
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite struct OwnerLockTests {
  let fixture: MemoryDirectory
  let files = RealFileSystem()
  var home: FilePath { fixture.path.appending("copy.git") }
  var path: FilePath { home.appending("lock") }

  init() throws {
    fixture = try MemoryDirectory("remora-lock")
    try files.makeDirectory(home, permissions: .mode(0o755))
  }

  @Test("a second owner is refused with the name of the holder, until the lock is released")
  func excludes() throws {
    let lock = try OwnerLock.acquire(path: path, wait: .zero)
    let error = #expect(throws: LockError.self) { try OwnerLock.acquire(path: path, wait: .zero) }
    guard case .held(let holder?)? = error else {
      Issue.record("not held: \(String(describing: error))")
      return
    }
    #expect(holder.pid == getpid())
    #expect(holder.since.count == 20)
    #expect("\(try #require(error))".hasPrefix("it is locked by process \(getpid()) on "))
    #expect(lock.stillGuardsPath())
    lock.release()
    lock.release()
    #expect(!lock.stillGuardsPath())
    #expect(try files.text(path) == "")
    try OwnerLock.acquire(path: path, wait: .zero).release()
  }

  @Test("dropping the lock releases it")
  func releasesWhenDropped() throws {
    do { _ = try OwnerLock.acquire(path: path, wait: .zero) }
    try OwnerLock.acquire(path: path, wait: .zero).release()
  }

  @Test("a waiter gets the lock when it is released")
  func waits() throws {
    let lock = try OwnerLock.acquire(path: path, wait: .zero)
    var steps = 0
    // The question at each step is the place where this test releases the lock: no second thread, no sleep.
    let next = try OwnerLock.acquire(path: path, wait: .seconds(600)) {
      steps += 1
      if steps == 3 { lock.release() }
      return false
    }
    #expect(steps == 3)
    #expect(next.stillGuardsPath())
  }

  @Test("a waiter that is cancelled ends")
  func cancels() throws {
    let lock = try OwnerLock.acquire(path: path, wait: .zero)
    var steps = 0
    #expect(throws: LockError.cancelled) {
      try OwnerLock.acquire(path: path, wait: .seconds(600)) {
        steps += 1
        return steps == 2
      }
    }
    lock.release()
  }

  @Test("a wait ends at its time")
  func timesOut() throws {
    let lock = try OwnerLock.acquire(path: path, wait: .zero)
    let error = #expect(throws: LockError.self) { try OwnerLock.acquire(path: path, wait: .milliseconds(3)) }
    guard case .held? = error else {
      Issue.record("not held: \(String(describing: error))")
      return
    }
    lock.release()
  }

  @Test("a directory that is renamed while one waits has vanished")
  func vanishes() throws {
    let lock = try OwnerLock.acquire(path: path, wait: .zero)
    var steps = 0
    #expect(throws: LockError.vanished) {
      try OwnerLock.acquire(path: path, wait: .seconds(600)) {
        steps += 1
        if steps == 2 {
          rename(home.string, fixture.path.appending("renamed").string)
          lock.release()
        }
        return false
      }
    }
  }

  @Test("a lock file that is replaced under its owner no longer guards the path, and the new one can be taken")
  func followsPath() throws {
    let lock = try OwnerLock.acquire(path: path, wait: .zero)
    try files.rename(path, to: home.appending("old"))
    #expect(!lock.stillGuardsPath())
    let other = try OwnerLock.acquire(path: path, wait: .zero)
    #expect(other.stillGuardsPath())
    lock.release()
  }

  @Test("a link in place of the lock file is refused")
  func refusesLink() throws {
    try SystemLink.make(path, to: "elsewhere")
    let error = #expect(throws: LockError.self) { try OwnerLock.acquire(path: path, wait: .zero) }
    guard case .failed(let cause)? = error else {
      Issue.record("not refused: \(String(describing: error))")
      return
    }
    #expect(cause.code == .tooManySymbolicLinkLevels)
  }

  @Test(
    "what a lock file says is a holder only if we wrote it",
    arguments: [
      "", "{}", "{\"host\":\"h\"}", "{\"host\":\"h\",\"pid\":x,\"since\":\"t\"}\n",
      "{\"host\":\"\u{1B}[2J\",\"pid\":1,\"since\":\"t\"}\n",
    ])
  func readsHolder(text: String) throws {
    let lock = try OwnerLock.acquire(path: path, wait: .zero)
    let file = try files.openForAppending(path, permissions: .mode(0o644))
    try file.truncate(to: 0)
    try file.write(Array(text.utf8))
    #expect(throws: LockError.held(by: nil)) { try OwnerLock.acquire(path: path, wait: .zero) }
    lock.release()
  }

  @Test("another process is refused with our id; a killed owner leaves the lock free")
  func bindsProcesses() async throws {
    let lock = try OwnerLock.acquire(path: path, wait: .zero)
    await #expect(processExitsWith: .success) { [path = path.string as String, owner = getpid() as Int32] in
      do {
        _ = try OwnerLock.acquire(path: FilePath(path), wait: .zero)
        exit(EXIT_FAILURE)
      } catch LockError.held(let holder) {
        exit(holder?.pid == owner ? EXIT_SUCCESS : EXIT_FAILURE)
      }
    }
    lock.release()
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path.string as String] in
      let lock = try OwnerLock.acquire(path: FilePath(path), wait: .zero)
      withExtendedLifetime(lock) { _ = kill(getpid(), SIGKILL) }
    }
    // Its record is still in the file, and has no effect.
    #expect(try files.text(path)?.isEmpty == false)
    let next = try OwnerLock.acquire(path: path, wait: .zero)
    #expect(try files.text(path)?.contains("\"pid\":\(getpid()),") == true)
    next.release()
  }

  @Test("many threads that want one lock own it one at a time")
  func isExclusiveUnderLoad() async throws {
    let path = path
    let counter = home.appending("counter")
    try files.write("counter", "0")(home)
    try await withThrowingTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<25 {
            let lock = try OwnerLock.acquire(path: path, wait: .seconds(600))
            let files = RealFileSystem()
            let value = Int(try files.text(counter) ?? "") ?? -1_000
            let file = try files.openForAppending(counter, permissions: .mode(0o644))
            try file.truncate(to: 0)
            try file.write(Array("\(value + 1)".utf8))
            try file.close()
            lock.release()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try files.text(counter) == "100")
  }
}
