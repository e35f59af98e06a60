internal import Synchronization

/// Carries "stop" from a task, a signal or a deadline to code that blocks a thread, where `Task.isCancelled` says
/// nothing. Raised once, never lowered.
package final class CancellationFlag: Sendable {
  /// Asked far more often than raised, from callbacks per packet: hence apart from the lock.
  private let raised = Atomic<Bool>(false)
  /// `nil` once raised.
  private let registrations = Mutex<[ObjectIdentifier: Registration]?>([:])

  package init() {}

  /// True once `raise` was called.
  package var isRaised: Bool { raised.load(ordering: .acquiring) }

  /// - Throws: `Cancelled` when the flag is raised.
  package func check() throws(Cancelled) {
    if isRaised { throw Cancelled() }
  }

  /// Raises the flag and runs the registered actions on this thread, in no particular order. A second call does
  /// nothing.
  package func raise() {
    let waiting = registrations.withLock { registrations in
      raised.store(true, ordering: .releasing)
      defer { registrations = nil }
      return registrations
    }
    for registration in waiting?.values.map({ $0 }) ?? [] { registration.perform() }
  }

  /// Runs `action` when the flag is raised: on the thread that raises it, or here and at once if it is raised already.
  /// At most once.
  ///
  /// The action wakes the waiting caller: it must be quick, must not block, and must not call `remove` of its own
  /// registration. The flag keeps it until it ran or was removed.
  package func onRaise(_ action: @escaping @Sendable () -> Void) -> Registration {
    let registration = Registration(flag: self, action: action)
    let isKept = registrations.withLock { registrations in
      registrations?.updateValue(registration, forKey: ObjectIdentifier(registration))
      return registrations != nil
    }
    if !isKept { registration.perform() }
    return registration
  }

  fileprivate func forget(_ registration: Registration) {
    registrations.withLock { $0?[ObjectIdentifier(registration)] = nil }
  }

  /// The right to take an action back.
  package final class Registration: Sendable {
    private let flag: CancellationFlag
    /// The lock is held while the action runs, unlike the usual order: otherwise `remove` could not guarantee that the
    /// action has ended, and the caller could not close what the action uses (a descriptor).
    private let action: Mutex<(@Sendable () -> Void)?>

    fileprivate init(flag: CancellationFlag, action: @escaping @Sendable () -> Void) {
      self.flag = flag
      self.action = Mutex(action)
    }

    fileprivate func perform() {
      action.withLock { action in
        action?()
        action = nil
      }
    }

    /// Takes the action back. When this returns the action has run to its end or will never run. Must not be called
    /// while holding a lock that the action takes.
    package func remove() {
      flag.forget(self)
      action.withLock { $0 = nil }
    }
  }
}

/// The flag was raised: the work was ended because its result is not wanted any more, not because it failed.
package struct Cancelled: Error, Hashable, CustomStringConvertible {
  package init() {}

  package var description: String { "cancelled" }
}
