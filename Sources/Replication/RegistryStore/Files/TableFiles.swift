internal import DurableFiles
internal import SystemPackage

/// The files of one table and the format of their lines.
///
/// `<name>.json` is the document, `<name>.journal.jsonl` the changes since; while a new document is written, the
/// journal that it replaces is `<name>.journal.previous.jsonl`.
struct TableFiles: Sendable {
  /// The directory of the tables.
  let directory: FilePath
  /// The document's name without `.json`.
  let name: String
  /// The kind's name in the document.
  let replicableName: String
  let files: any FileSystemPort

  static let format: UInt64 = 1

  var document: FilePath { directory.appending("\(name).json") }
  var journal: FilePath { directory.appending("\(name).journal.jsonl") }
  var previousJournal: FilePath { directory.appending("\(name).journal.previous.jsonl") }
  /// The key of a line's id: `project_repository_id`.
  var idKey: [UInt8] { Array("\(replicableName)_id".utf8) }

  static let permissions = FilePermissions(rawValue: 0o600)
  /// A million entries take some 500 MB.
  static let maximumBytes = 1 << 36

  func failed(_ operation: String, _ error: FileError) -> RegistryStoreError {
    RegistryStoreError(.fileSystem, "\(operation) '\(document)': \(error); mend that and start again")
  }
}
