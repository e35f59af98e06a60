internal import CLibgit2
internal import Glibc

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

extension GitError {
  /// What kind of failure. Open, because a C library may answer with an unknown number.
  ///
  /// Negative numbers are libgit2's own (`git2/errors.h`), positive ones are this room's.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// libgit2 gave no more than "failed"; look at the class.
    package static let generic = Code(rawValue: GIT_ERROR.rawValue)
    /// The object, file or entry does not exist.
    package static let notFound = Code(rawValue: GIT_ENOTFOUND.rawValue)
    package static let exists = Code(rawValue: GIT_EEXISTS.rawValue)
    /// A callback of ours stopped the call.
    package static let user = Code(rawValue: GIT_EUSER.rawValue)
    package static let invalidSpec = Code(rawValue: GIT_EINVALIDSPEC.rawValue)
    /// A `.lock` file is in the way.
    package static let locked = Code(rawValue: GIT_ELOCKED.rawValue)
    package static let iterationOver = Code(rawValue: GIT_ITEROVER.rawValue)

    /// The directory is not a git repository, or not one that can stand alone.
    package static let notARepository = Code(rawValue: 1)
    /// The repository belongs to another user.
    package static let notOwned = Code(rawValue: 2)
    /// The repository names its objects by something else than SHA-1.
    package static let unsupportedObjectFormat = Code(rawValue: 3)
    /// The repository says that one must understand something which libgit2 1.5.1 does not.
    package static let unsupportedExtension = Code(rawValue: 4)
    /// An object is there but its bytes cannot be read back.
    package static let objectCorrupt = Code(rawValue: 5)
    /// Bytes of an object do not have the form of its type.
    package static let malformed = Code(rawValue: 6)
    /// A pack is damaged, incomplete, thin, or holds an object twice.
    package static let packCorrupt = Code(rawValue: 7)
    /// A cap of ours was passed.
    package static let limitExceeded = Code(rawValue: 8)
    /// The filesystem is full, or the user's share of it.
    package static let noSpace = Code(rawValue: 9)
    /// Another thread stopped it.
    package static let interrupted = Code(rawValue: 10)
    /// A pack has deltas whose bases are not in it.
    package static let packThin = Code(rawValue: 11)
  }

  /// The part of libgit2 that an error came from (`git_error_t`). Open like `Code`.
  package struct ErrorClass: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    init(_ value: git_error_t) { rawValue = Int32(bitPattern: value.rawValue) }

    /// No word from libgit2.
    package static let none = ErrorClass(GIT_ERROR_NONE)
    package static let memory = ErrorClass(GIT_ERROR_NOMEMORY)
    package static let operatingSystem = ErrorClass(GIT_ERROR_OS)
    package static let filesystem = ErrorClass(GIT_ERROR_FILESYSTEM)
    package static let objectDatabase = ErrorClass(GIT_ERROR_ODB)
    package static let indexer = ErrorClass(GIT_ERROR_INDEXER)
    package static let configuration = ErrorClass(GIT_ERROR_CONFIG)
    package static let callback = ErrorClass(GIT_ERROR_CALLBACK)
  }
}

/// The one funnel for libgit2's answers: negative is a failure, everything else passes.
///
/// libgit2 keeps its message per thread and the next call overwrites it, so it is read, copied and cleared here, in
/// the frame that made the call. This room has no `async` for that reason.
///
/// - Parameters:
///   - status: what the C function returned.
///   - call: its name, for the reader of the error.
///   - subject: the path or oid that the call was about.
@discardableResult
func check(
  _ status: Int32, _ call: StaticString, on subject: @autoclosure () -> String = ""
) throws(GitError) -> Int32 {
  guard status < 0 else { return status }
  throw GitError.last(status, call, on: subject())
}

/// Returns a handle that libgit2 must have set on success.
func required(
  _ handle: OpaquePointer?, _ call: StaticString, on subject: @autoclosure () -> String = ""
) throws(GitError) -> OpaquePointer {
  if let handle { return handle }
  throw GitError(code: .generic, operation: "\(call)", subject: subject(), message: "libgit2 returned nothing")
}

extension GitError {
  /// Takes libgit2's last word on this thread and clears it.
  static func last(_ status: Int32, _ call: StaticString, on subject: String = "") -> GitError {
    defer { git_error_clear() }
    guard let last = git_error_last() else {
      return GitError(
        code: Code(rawValue: status), operation: "\(call)", subject: subject, message: "libgit2 gave no reason")
    }
    let message = last.pointee.message.map { String(cString: $0) } ?? "libgit2 gave no reason"
    let errorClass = ErrorClass(rawValue: last.pointee.klass)
    let code = isFullDisk(message, errorClass) ? Code.noSpace : Code(rawValue: status)
    return GitError(code: code, errorClass: errorClass, operation: "\(call)", subject: subject, message: message)
  }

  /// libgit2 folds errno into the text and then sets it to 0 (`errors.c`), so only the text distinguishes a full disk
  /// from a broken one. It ends with the text of `strerror`, which is English, because Remora never calls `setlocale`.
  private static func isFullDisk(_ message: String, _ errorClass: ErrorClass) -> Bool {
    guard errorClass == .operatingSystem else { return false }
    return [ENOSPC, EDQUOT].contains { number in
      strerror(number).map { message.hasSuffix(String(cString: $0)) } ?? false
    }
  }
}
