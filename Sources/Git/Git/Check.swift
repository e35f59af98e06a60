internal import CLibgit2
internal import Glibc

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
