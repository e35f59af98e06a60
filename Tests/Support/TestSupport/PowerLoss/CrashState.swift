package import SystemPackage

/// A disk as a loss of power may have left it, laid out in a directory of its own that may be changed at will.
package struct CrashState: Sendable, CustomStringConvertible {
  /// Where the recorded root lies in this state.
  package let root: FilePath
  /// The recorded steps that had been issued, from 0. Equal states of several steps are shown once, with the first.
  package let step: Int
  /// True when all recorded steps had been issued: what the code guaranteed by returning must hold.
  package let isFinal: Bool
  /// The marks (`RecordingFileSystem.mark`) that had been passed.
  package let marks: [String]
  /// The fsync without which the state is possible; nil for a state that every fsync allows.
  package let removed: String?
  /// What was done last and what the loss of power took.
  package let description: String
}
