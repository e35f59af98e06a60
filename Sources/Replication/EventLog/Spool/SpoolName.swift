internal import DurableFiles
internal import Replication
internal import SystemPackage
internal import TextBytes

/// Names in a spool directory. A finished file ends in `.json` and its name begins with the time, so that the order of
/// names is the order of events by the writers' clocks; a file that is being written ends in `.tmp`.
enum SpoolName {
  static let finished = ".json"
  static let unfinished = ".tmp"
  /// The directory for invalid files.
  static let bad = "bad"

  /// Returns a new name without its ending: 15 digits of milliseconds since 1970 and 16 random ones.
  static func fresh(at time: Timestamp) -> String {
    let milliseconds = String(max(0, time.milliseconds))
    let zeros = String(repeating: "0", count: max(0, 15 - milliseconds.utf8.count))
    return "\(zeros)\(milliseconds)-\(Hex.padded(.random(in: .min ... .max)))"
  }

  static func ends(_ name: FilePath.Component, in suffix: String) -> Bool {
    let bytes = DirectoryEntry(name: name, kind: .regular).nameBytes
    return bytes.count > suffix.utf8.count && bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }
}
