package import DurableFiles
package import SystemPackage

/// A small JSON file that is replaced as a whole: state that does not fit in a table and is not derived from other files.
///
/// After a crash at any instruction the file has the old value or the new one; a temporary file may be left beside it
/// (`FileSystemPort.isLeftover`). Once `write` returns, the new value survives a loss of power.
///
/// One process writes it, the owner of its directory: of two writers at once the later rename wins.
package struct StateFile<Value: Sendable>: Sendable {
  package let path: FilePath
  private let format: StateFormat<Value>
  private let limit: Int
  private let permissions: FilePermissions
  private let files: any FileSystemPort

  /// - Parameters:
  ///   - limit: bytes; a longer file is refused with `EFBIG`.
  ///   - permissions: of each new file, less the process's umask. The owner is the user of the process.
  package init(
    _ path: FilePath, format: StateFormat<Value>, limit: Int = 1 << 20,
    permissions: FilePermissions = FilePermissions(rawValue: 0o600),
    through files: any FileSystemPort = RealFileSystem()
  ) {
    self.path = path
    self.format = format
    self.limit = limit
    self.permissions = permissions
    self.files = files
  }

  /// Reads the file; `nil` when there is none.
  ///
  /// For state that must not be lost: a file that cannot be read is not taken for a missing one.
  ///
  /// - Throws: `StateFlaw` for the content, `FileError` for the file.
  package func read() throws -> Value? {
    guard let bytes = try files.contents(of: path, limit: limit) else { return nil }
    return try format.decode(bytes)
  }

  /// Reads a file that may be made anew; `nil` when there is none, or none that can be understood.
  package func readIfUsable() throws(FileError) -> Value? {
    try files.contents(of: path, limit: limit).flatMap(format.decodeIfUsable)
  }

  /// Replaces the file, durable on return.
  ///
  /// - Throws: `FileError`, and what `StateFormat.encode` throws. The file is as before then, unless only the fsync of
  ///   the directory failed (`FileSystemPort.replaceFile`).
  package func write(_ value: Value) throws {
    try files.replaceFile(path, with: try format.encode(value), permissions: permissions)
  }
}
