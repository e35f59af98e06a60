import Dispatch
import Synchronization
import WorkerPool

/// Keeps authenticated sessions for the next repository of their host. Each is used by one job at a time; those that are not used
/// for a while are closed.
final class SSHSessionPool: Sendable {
  /// Host, user, and how its key was checked: a job that differs in any of this gets a session of its own.
  struct Key: Hashable, Sendable {
    let host: SSHHostConfiguration
    let password: String?
  }

  private struct Idle: Sendable {
    let session: SSHSession
    let expiry: Deadline
  }

  private struct State: Sendable {
    var idle: [Key: [Idle]] = [:]
    var isShutDown = false
    var isSweepPlanned = false
  }

  private let idleTimeout: Duration
  private let state = Mutex(State())

  /// - Parameter idleTimeout: how long a session waits for its next user.
  init(idleTimeout: Duration) { self.idleTimeout = idleTimeout }

  /// An idle session, the one that came back last; `nil` when a new one must be opened.
  func take(_ key: Key) -> SSHSession? {
    while true {
      guard let idle = state.withLock({ $0.idle[key]?.popLast() }) else { return nil }
      if idle.session.isAlive { return idle.session }
    }
  }

  /// Takes a session back that is good for another user.
  func put(_ session: SSHSession, _ key: Key) {
    session.release()
    let isKept = state.withLock { state in
      guard !state.isShutDown else { return false }
      state.idle[key, default: []].append(Idle(session: session, expiry: .after(idleTimeout)))
      return true
    }
    isKept ? planSweep() : session.disconnect()
  }

  /// Closes the idle ones; those that come back later are closed then.
  func shutdown() {
    let all = state.withLock { state in
      state.isShutDown = true
      defer { state.idle = [:] }
      return state.idle.values.flatMap(\.self)
    }
    for idle in all { idle.session.disconnect() }
  }

  /// Has the idle ones looked through once, when the first may be due.
  private func planSweep() {
    let isFirst = state.withLock { state in
      defer { state.isSweepPlanned = true }
      return !state.isSweepPlanned
    }
    guard isFirst else { return }
    let seconds = Double(idleTimeout.components.seconds) + Double(idleTimeout.components.attoseconds) / 1e18
    DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in self?.sweep() }
  }

  private func sweep() {
    let (expired, isAnyLeft) = state.withLock { state in
      state.isSweepPlanned = false
      var expired: [Idle] = []
      for (key, idle) in state.idle {
        expired += idle.filter(\.expiry.hasPassed)
        let rest = idle.filter { !$0.expiry.hasPassed }
        state.idle[key] = rest.isEmpty ? nil : rest
      }
      return (expired, !state.idle.isEmpty)
    }
    for idle in expired { idle.session.disconnect() }
    if isAnyLeft { planSweep() }
  }
}
