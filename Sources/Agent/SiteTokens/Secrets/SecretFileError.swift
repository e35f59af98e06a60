internal import Foundation

/// Why a file with a secret was refused, or could not be made. Its text holds no byte of the file.
package struct SecretFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file.
  package let path: String
  /// The error.
  package let reason: String
  /// What to do.
  package let hint: String

  init(_ path: String, _ reason: String, hint: String) {
    self.path = path
    self.reason = reason
    self.hint = hint
  }

  /// The error of a system call.
  init(_ path: String, call: String, number: Int32) {
    let hint =
      switch number {
      case ENOENT: "make it, or correct the path"
      case EACCES: "run as the user who may read it"
      case EEXIST: "remove it first if no program uses it"
      default: "check the file and its directory"
      }
    self.init(path, "\(call): \(String(cString: strerror(number)))", hint: hint)
  }

  /// One line.
  package var description: String { "secret file '\(path)': \(reason); \(hint)" }
}
