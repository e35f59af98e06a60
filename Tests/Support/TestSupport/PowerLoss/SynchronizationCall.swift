package import SystemPackage

/// One fsync of a recording.
package struct SynchronizationCall: Hashable, Sendable, CustomStringConvertible {
  /// From 1, in the order of the calls.
  package let number: Int
  /// False for a file.
  package let isDirectory: Bool
  /// Relative to the recorded root.
  package let path: FilePath

  package var description: String {
    "fsync \(number) of \(isDirectory ? "directory" : "file") '\(path)'"
  }
}
