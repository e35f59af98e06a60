import DurableFiles
import SystemPackage
import Testing

extension FilePermissions {
  /// Returns a mode as octal digits say it.
  static func mode(_ bits: CInterop.Mode) -> FilePermissions { FilePermissions(rawValue: bits) }
}

extension FileSystemPort {
  /// Returns a function that makes a small file in the directory that it gets.
  func write(_ name: FilePath.Component, _ text: String = "") -> (FilePath) throws(FileError) -> Void {
    { directory throws(FileError) in
      let file = try create(directory.appending(name), permissions: .mode(0o644))
      try file.write(Array(text.utf8))
      try file.close()
    }
  }

  /// Returns the text of a small file, nil when it is missing.
  func text(_ path: FilePath) throws -> String? {
    try contents(of: path, limit: 1 << 20).map { String(decoding: $0, as: UTF8.self) }
  }
}

/// Expects the work to fail with a code of the kernel.
func expect(
  _ code: Errno, sourceLocation: SourceLocation = #_sourceLocation, _ work: () throws(FileError) -> Void
) {
  do {
    try work()
    Issue.record("expected \(code)", sourceLocation: sourceLocation)
  } catch {
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
  }
}
