package import SystemPackage

/// Gives many files or directories of one file system other names as one change, so that chains and circles of names
/// work and a crash at any line is completed.
///
/// 1. `begin` writes a record, durably.
/// 2. `carryOut` gives each its place in a directory of its own (`0`, `1`, …), then writes that all are there, then
///    gives each its new name.
/// 3. `finish` removes the record.
///
/// After a crash `lines` returns the moves that were begun, and `carryOut` with the same paths completes them: before
/// the second mark of step 2, files that still have their old names are staged; after it, staged files get their new
/// names. No file gets a name that another one still has.
///
/// Limitation: one set of moves at a time in one directory; the caller ensures that.
package struct StagedMoves: Sendable {
  private let directory: FilePath
  private let files: any FileSystemPort

  /// - Parameter directory: of the record and of the staged files, on the file system of the files; created when
  ///   needed.
  package init(directory: FilePath, files: any FileSystemPort) {
    self.directory = directory
    self.files = files
  }

  private var record: FilePath { directory.appending("moves") }
  private var mark: FilePath { directory.appending("staged") }
  private func stage(_ number: Int) -> FilePath { directory.appending("\(number)") }

  private static let head = "remora-moves 1"
  private static let maximumBytes = 64 << 20

  /// Returns the moves that were begun and not finished, a line for each; empty when there are none.
  /// - Throws: also for a record that this version did not write.
  package func lines() throws(FileError) -> [String] {
    guard let bytes = try files.contents(of: record, limit: Self.maximumBytes) else { return [] }
    var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first.map({ $0 == Self.head }) ?? false, lines.last.map({ $0.isEmpty }) ?? false else {
      throw FileError(
        .invalidArgument, "read the record of moves", record,
        hint: "a newer version wrote it: complete the moves with that, or move the directory away")
    }
    lines.removeFirst()
    lines.removeLast()
    return lines.map(String.init)
  }

  /// Records the moves; durable on return. A line must not hold a line feed.
  package func begin(_ lines: [String]) throws(FileError) {
    let made = try files.makeDirectories(directory)
    try files.synchronizeParents(of: made)
    // Of moves that were finished: it must not be taken for one of these.
    if try files.status(of: mark) != nil {
      try files.unlink(mark)
      try files.synchronizeDirectory(directory)
    }
    let text = ([Self.head] + lines).joined(separator: "\n") + "\n"
    try files.replaceFile(record, with: Array(text.utf8), permissions: .ownerReadWrite)
  }

  /// Moves the files, or continues after a crash; durable on return. A file that is not at its old path is skipped.
  ///
  /// - Parameters:
  ///   - paths: old and new path for each line, in the same order.
  ///   - place: makes the directory that a path is to be put into, durably, and runs the closure.
  package func carryOut(
    _ paths: [(from: FilePath, to: FilePath)], place: (FilePath, () throws -> Void) throws -> Void
  ) throws {
    if try files.status(of: mark) == nil {
      var parents: Set<FilePath> = []
      for (number, path) in paths.enumerated() where try files.status(of: stage(number)) == nil {
        guard try files.status(of: path.from) != nil else { continue }
        try files.rename(path.from, to: stage(number))
        parents.insert(path.from.removingLastComponent())
      }
      try files.synchronizeDirectory(directory)
      for parent in parents.sorted(by: { $0.string < $1.string }) { try files.synchronizeDirectory(parent) }
      try files.replaceFile(mark, with: [], permissions: .ownerReadWrite)
    }
    for (number, path) in paths.enumerated() where try files.status(of: stage(number)) != nil {
      guard try files.status(of: path.to) == nil else {
        throw FileError(
          .fileExists, "move '\(path.from)' to", path.to, hint: "something else is there: move it away")
      }
      try place(path.to) {
        try files.rename(stage(number), to: path.to)
        try files.synchronizeDirectory(path.to.removingLastComponent())
      }
    }
    try files.synchronizeDirectory(directory)
  }

  /// Removes the record: everything is done.
  package func finish() throws(FileError) {
    guard try files.status(of: record) != nil else { return }
    try files.unlink(record)
    try files.synchronizeDirectory(directory)
    // Cleanup only: the next moves remove leftovers.
    try? files.removeTree(directory)
  }
}
