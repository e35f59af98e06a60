/// Why a lock was not taken.
package enum LockError: Error, Hashable, Sendable {
  /// Another owner holds it and did not release it in time; nil when the file does not say who.
  case held(by: OwnerLock.Holder?)
  /// The caller gave up.
  case cancelled
  /// The directory of the lock file is not there (any more): it was renamed or removed. Look at the place anew.
  case vanished
  /// The file system refused.
  case failed(FileError)
}

extension LockError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .held(let holder?): "it is locked by \(holder) (wait for it, or give a longer wait)"
    case .held(nil): "it is locked by another process (wait for it, or give a longer wait)"
    case .cancelled: "waiting for the lock was cancelled"
    case .vanished: "the directory of the lock was renamed or removed meanwhile (run again)"
    case .failed(let error): error.description
    }
  }
}
