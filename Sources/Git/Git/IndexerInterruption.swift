internal import GitValues
internal import Glibc
internal import Synchronization

/// Stops a `PackIndexer` from another thread, whatever libgit2 is doing with the pack at that moment.
///
/// The progress closure stops an indexer between two objects. A hostile pack can put minutes or hours between them:
/// 16,000 small deltas on a base that is missing (300 kB) keep libgit2 1.5.1 busy for 8 s without a single callback,
/// growing with the square, and a delta whose result is large is resolved from the start of its chain each time. A
/// thread cannot be ended from outside, but the pack can: its bytes in staging are turned into zeros, which no longer
/// parse, and libgit2 gives up with its next read, through the same paths that any damaged pack takes.
///
/// For a cancellation's and a deadline's callback. One indexer each. Any thread, at any time, any number of times;
/// before the indexer exists and after it is gone too. A pack that `commit()` has returned is never touched.
package final class IndexerInterruption: Sendable {
  private enum State {
    case idle
    /// The file descriptor of the pack in staging, ours to close.
    case armed(Int32)
    case interrupted
    case over
  }

  private let state = Mutex(State.idle)

  package init() {}

  /// Stops the indexer: its running or next call throws. Returns at once, within the time of one system call where
  /// the filesystem can punch holes.
  package func interrupt() {
    state.withLock { state in
      switch state {
      case .idle: state = .interrupted
      case .armed(let file):
        Self.erase(file)
        close(file)
        state = .interrupted
      case .interrupted, .over: break
      }
    }
  }

  var isInterrupted: Bool {
    state.withLock { if case .interrupted = $0 { true } else { false } }
  }

  /// From now on `interrupt()` reaches the file. A file that cannot be opened leaves only the progress closure.
  func arm(path: String) {
    state.withLock { state in
      guard case .idle = state else { return }
      let file = PathText.withCString(path) { open($0, O_RDWR | O_CLOEXEC) }
      if file >= 0 { state = .armed(file) }
    }
  }

  /// From now on `interrupt()` does nothing. Says whether it came before.
  func disarm() -> Bool {
    state.withLock { state in
      switch state {
      case .interrupted: return true
      case .armed(let file): close(file)
      case .idle, .over: break
      }
      state = .over
      return false
    }
  }

  /// Zeros over the whole file, its size unchanged: libgit2 has it mapped, and a shorter file would be a SIGBUS.
  private static func erase(_ file: Int32) {
    var status = stat()
    guard fstat(file, &status) == 0, status.st_size > 0 else { return }
    if punchHole(file, Int(status.st_size)) { return }
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    var offset = 0
    while offset < status.st_size {
      let count = pwrite(file, zeros, min(zeros.count, status.st_size - offset), off_t(offset))
      guard count > 0 else { return }
      offset += count
    }
  }

  /// The quick way. Through a mapping, because Swift's Glibc does not have `fallocate`; madvise(2) says it is the same.
  private static func punchHole(_ file: Int32, _ size: Int) -> Bool {
    guard let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), start != MAP_FAILED else {
      return false
    }
    defer { munmap(start, size) }
    return madvise(start, size, MADV_REMOVE) == 0
  }
}
