package import DurableFiles
package import Foundation

/// What a housekeeping needs of the world. Tests put a recording file system and a manual clock in.
package struct HousekeepingEnvironment: Sendable {
  package var files: any FileSystemPort
  package var now: @Sendable () -> Date
  /// Where `git` is looked for, and what of it reaches git. Without git libgit2 does the work.
  package var variables: [String: String]

  package init(
    files: any FileSystemPort = RealFileSystem(), now: @escaping @Sendable () -> Date = { Date() },
    variables: [String: String] = ProcessInfo.processInfo.environment
  ) {
    self.files = files
    self.now = now
    self.variables = variables
  }
}
