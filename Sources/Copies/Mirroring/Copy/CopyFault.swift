internal import DurableFiles
internal import Git
internal import RefStore
internal import SystemPackage

/// Distinguishes failures of one copy from failures of its machine.
package enum CopyFault {
  /// Of the machine: any other copy on its disk would fail in the same way.
  private static let ofTheMachine: Set<Errno> = [
    .noSpace, .diskQuotaExceeded, .readOnlyFileSystem, .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory,
  ]

  /// Whether an error concerns the files of one copy: damaged, of the wrong kind, or not readable.
  package static func isOfTheCopy(_ error: any Error) -> Bool {
    switch error {
    case let error as FileError: !ofTheMachine.contains(error.code)
    case let error as RefStoreError: if case .file(let file) = error { !ofTheMachine.contains(file.code) } else { true }
    case let error as GitError: error.code != .noSpace
    case let error as MirrorError: error.code == .destinationDamaged
    default: false
    }
  }
}
