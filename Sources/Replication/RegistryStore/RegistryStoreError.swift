/// A failure of a registry or a file of primary states: what was tried, on which file, the lower layer's error, and
/// what to do next.
package struct RegistryStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of a failure, by a stable word.
  package enum Code: String, Hashable, Sendable {
    /// Another process owns the state directory.
    case locked
    /// A file has invalid content; the description has the place and the remedy.
    case damaged
    /// Written by a later version.
    case newerFormat = "newer_format"
    /// A file system call failed; no acknowledged change is lost.
    case fileSystem = "file_system"
    /// An earlier write failed: further changes fail until the store is opened again.
    case stopped
    /// An id is tracked already.
    case occupied
  }

  package let code: Code
  /// One line, without secrets.
  package let description: String

  package init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
