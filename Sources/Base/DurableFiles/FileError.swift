package import SystemPackage
import TextBytes

/// Why the file system did not do what we asked.
///
/// The open code is the kernel's own; nothing is folded together, so that a caller may decide on any of them.
package struct FileError: Error, Hashable, Sendable {
  /// What the kernel said, or the code that stands for a limit of ours (`EFBIG`, `ELOOP`, `EOVERFLOW`).
  package let code: Errno
  /// The operation that failed, a short verb with its object: `create`, `write`, `synchronize directory`.
  package let operation: String
  /// What it was tried on.
  package let path: FilePath
  /// What the operator may do, or nil where the code says it all.
  package let hint: String?

  /// An error with the usual hint of its code.
  package init(_ code: Errno, _ operation: String, _ path: FilePath) {
    self.init(code, operation, path, hint: FileError.usualHint(code))
  }

  /// An error with a hint of its own.
  package init(_ code: Errno, _ operation: String, _ path: FilePath, hint: String?) {
    self.code = code
    self.operation = operation
    self.path = path
    self.hint = hint
  }

  /// What the last failed call of this thread left in `errno`. To be called before anything else can change it.
  static func last(_ operation: String, _ path: FilePath) -> FileError {
    FileError(lastErrno(), operation, path)
  }

  private static func usualHint(_ code: Errno) -> String? {
    switch code {
    case .noSpace, .diskQuotaExceeded: "free some space and run again; nothing was lost"
    case .permissionDenied, .notPermitted: "check who owns it and its mode"
    case .readOnlyFileSystem: "mount the file system writable"
    case .ioError: "look at the kernel's log: the disk or the network file system failed"
    case .tooManyOpenFiles, .tooManyOpenFilesInSystem: "raise the limit of open files (ulimit -n)"
    default: nil
    }
  }
}

extension FileError: CustomStringConvertible {
  /// One line: what, on what, why, what to do.
  package var description: String {
    // A file name may not write to the operator's terminal.
    let shown = ForeignText.numbered(path.string, where: ForeignText.isControl)
    let facts = "cannot \(operation) '\(shown)': \(FileError.sentence(code))"
    return hint.map { "\(facts) (\($0))" } ?? facts
  }

  /// The kernel's text with a small first letter, to stand inside a sentence of ours.
  private static func sentence(_ code: Errno) -> String {
    let text = "\(code)"
    guard let first = text.first else { return "error \(code.rawValue)" }
    return first.lowercased() + text.dropFirst()
  }
}
