/// A failure of a registry or a file of primary states: what was tried, on which file, the lower layer's error, and
/// what to do next.
package struct RegistryStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, by a stable word.
  package enum Code: String, Hashable, Sendable {
    /// Another process owns the state directory.
    case locked
    /// A file says what it cannot say: where, and what to do, is in the description.
    case damaged
    /// Written by a later version.
    case newerFormat = "newer_format"
    /// The file system refused; nothing that was acknowledged is lost.
    case fileSystem = "file_system"
    /// An earlier write failed: nothing more is taken until the store is opened anew.
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
