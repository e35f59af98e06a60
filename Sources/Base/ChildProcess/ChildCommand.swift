internal import Glibc

/// A program, its arguments and its environment.
package struct ChildCommand: Sendable {
  package let path: String
  let arguments: [[UInt8]]
  let environment: [String: String]

  /// - Parameters:
  ///   - path: of the program, with a slash.
  ///   - encoding: gives the bytes of an argument, for paths that are not UTF-8.
  package init(
    path: String, arguments: [String], environment: [String: String],
    encoding: (String) -> [UInt8] = { Array($0.utf8) }
  ) {
    self.path = path
    self.arguments = arguments.map(encoding)
    self.environment = environment
  }

  /// Finds a program: `name` itself when it has a slash, else the first in the `PATH` of `environment` that may be
  /// executed. Relative directories of `PATH` are skipped.
  ///
  /// - Returns: `nil` when there is none.
  package static func find(_ name: String, in environment: [String: String]) -> String? {
    if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
    for directory in (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    where directory.hasPrefix("/") {
      let candidate = "\(directory)/\(name)"
      if access(candidate, X_OK) == 0 { return candidate }
    }
    return nil
  }
}

/// Why a child could not be started or used. The caller turns it into the error of its own operation.
package enum ChildFailure: Error, Hashable, Sendable {
  /// The child sent and took no byte for this long.
  case silent(Duration)
  /// The deadline passed.
  case runTimedOut
  /// A system call failed: what it was to do with the child ("start", "read"), and its errno.
  case failed(String, Int32)
}

extension ChildFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .silent(let limit): "no output for \(limit.components.seconds) s"
    case .runTimedOut: "it took longer than it may"
    case .failed(let what, let code): "cannot \(what) it: \(String(cString: strerror(code)))"
    }
  }
}
