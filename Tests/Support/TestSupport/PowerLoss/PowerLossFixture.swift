package import DurableFiles
package import SystemPackage

/// Where a change under test is made.
package struct PowerLossFixture {
  /// The file system that records or fails the calls.
  package let files: any FileSystemPort
  /// The directory of the experiment, its path canonical.
  package let root: FilePath

  package init(files: any FileSystemPort, root: FilePath) {
    self.files = files
    self.root = root
  }

  /// Notes that a guarantee holds from here on; crash states list which marks they have passed. Without meaning, and
  /// without cost, where calls are failed.
  package func mark(_ name: String) throws {
    if let recording = files as? RecordingFileSystem { try recording.mark(name) }
  }
}
