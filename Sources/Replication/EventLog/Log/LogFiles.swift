internal import DurableFiles
internal import SystemPackage

/// The names in a log's directory.
struct LogFiles: Sendable {
  let directory: FilePath
  let files: any FileSystemPort

  var lock: FilePath { directory.appending("lock") }
  var identity: FilePath { directory.appending("log.json") }
  var readers: FilePath { directory.appending("readers.json") }

  func segment(_ firstID: UInt64) -> FilePath { directory.appending(SegmentName.text(firstID)) }

  /// The first ids of all segments, growing.
  func segments() throws(FileError) -> [UInt64] {
    var found: [UInt64] = []
    for entry in try files.entries(of: directory) {
      guard entry.kind == .regular, let id = SegmentName.firstID(entry.name) else { continue }
      found.append(id)
    }
    return found
  }

  /// Creates the directory, durable with its name.
  func makeDirectory() throws(FileError) {
    let made = try files.makeDirectories(directory, permissions: FilePermissions(rawValue: 0o700))
    try files.synchronizeParents(of: made)
  }

  /// Removes temporary files of a dead process.
  func sweep() throws(FileError) {
    for entry in try files.entries(of: directory) where entry.kind == .regular && files.isLeftover(entry.name) {
      try files.unlink(directory.appending(entry.name))
    }
  }
}
