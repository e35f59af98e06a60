package import SystemPackage

/// Which call of a file system fails, and how.
package struct FaultPlan: Hashable, Sendable {
  /// The number of the call, from 1. Only calls that may fail in this way are counted: reads never run out of space.
  package let call: Int
  package let code: Errno
  /// True when every later call fails as well (a disk that went away), false for one bad moment.
  package let isPersistent: Bool

  package init(call: Int, code: Errno, isPersistent: Bool = false) {
    self.call = call
    self.code = code
    self.isPersistent = isPersistent
  }

  /// The codes of the everyday: full, broken, remounted read-only, not ours.
  package static let usualCodes: [Errno] = [.noSpace, .ioError, .readOnlyFileSystem, .permissionDenied]

  /// True for codes that a read may answer too.
  var strikesReads: Bool { code == .ioError || code == .permissionDenied }
}
