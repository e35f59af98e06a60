package import DurableFiles

/// Why the refs of a repository could not be read at all. Single refs that cannot be read are `BrokenRef`s, not errors.
package enum RefStoreError: Error, Sendable {
  /// The directory has no `HEAD` or no `refs/`.
  case notARepository(path: String)
  /// The refs are kept in a format that only git reads.
  case unsupportedFormat(path: String, format: String)
  /// `packed-refs` changed at each of several readings in a row.
  case changing(path: String)
  case file(FileError)
}

extension RefStoreError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notARepository(let path):
      "read refs of '\(path)': not a bare git repository; name the directory that holds HEAD"
    case .unsupportedFormat(let path, let format):
      "read refs of '\(path)': refs are kept as \(format), which Remora cannot read; convert them to the files format"
    case .changing(let path): "read refs of '\(path)': packed-refs changed during each of several readings; try again"
    case .file(let error): "\(error)"
    }
  }
}
