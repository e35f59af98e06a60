internal import DurableFiles
internal import SystemPackage

extension EventLogError {
  /// Creates an error from a file system error.
  init(_ error: FileError) { self.init(.fileSystem, "\(error)") }

  /// Returns the error for a damaged line.
  static func damagedLine(_ path: FilePath, line: UInt64, _ reason: String) -> EventLogError {
    EventLogError(
      .damaged,
      "read '\(path)' line \(line): \(reason); put the file back from a backup, or move the whole directory away to"
        + " begin a new log (the secondaries then reconcile by catalog)")
  }

  /// Returns the error for a damaged file.
  static func damagedFile(_ path: FilePath, _ reason: String, doing hint: String) -> EventLogError {
    EventLogError(.damaged, "read '\(path)': \(reason); \(hint)")
  }

  /// Returns the error for a file of a later version.
  static func newerFile(_ path: FilePath, format: UInt64) -> EventLogError {
    EventLogError(
      .newerFormat,
      "read '\(path)': it has format \(format), this Remora knows \(SegmentHeader.currentFormat); run the newer one")
  }
}
