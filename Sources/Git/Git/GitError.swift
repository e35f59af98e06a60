/// An error of libgit2, or of this target's own checks.
///
/// Reads as: what was tried (`operation`, the name of the C function or of this target's step), on what (`subject`, a
/// path or an oid), and the lower layer's error (`message`). Carries no URL, so no credentials.
package struct GitError: Error, Hashable, Sendable {
  /// Decide on this; codes that libgit2 invents later keep their number.
  package let code: Code
  /// The part of libgit2 that spoke; `.none` when the error is this room's own.
  package let errorClass: ErrorClass
  /// The C function that failed, or a step of ours in its place.
  package let operation: String
  /// The path, oid or name that it failed on; empty when there is none.
  package let subject: String
  /// The layer's own words: short, lower case where they are ours.
  package let message: String

  package init(
    code: Code, errorClass: ErrorClass = .none, operation: String, subject: String = "", message: String
  ) {
    self.code = code
    self.errorClass = errorClass
    self.operation = operation
    self.subject = subject
    self.message = message
  }

  /// Returns the same error under a more specific code; for callers that can interpret the failure.
  func recoded(_ code: Code) -> GitError {
    GitError(code: code, errorClass: errorClass, operation: operation, subject: subject, message: message)
  }

  /// True when the machine and not the repository is at fault: no memory, no space, a system call that failed.
  package var isFromSystem: Bool {
    code == .noSpace || errorClass == .operatingSystem || errorClass == .memory || errorClass == .filesystem
  }
}

extension GitError {
  /// A pack was refused because a delta in it makes an object that is too large to be held in memory.
  package var isLargeDelta: Bool { code == .limitExceeded && operation == PackEntryLengths.deltaOperation }
}

extension GitError: CustomStringConvertible {
  package var description: String {
    let place = subject.isEmpty ? operation : "\(operation) '\(subject)'"
    return "\(place): \(message)"
  }
}
