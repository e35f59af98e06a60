internal import Foundation
package import GitValues

extension RefJournalLine {
  /// Returns a line of the journal without the forgotten values; the unchanged line where it has none of them, or
  /// cannot be parsed.
  ///
  /// - Parameters:
  ///   - isForgotten: of a change of a ref.
  ///   - oids: values of a detached HEAD to remove.
  package static func forgetting(
    _ line: ArraySlice<UInt8>, where isForgotten: (RefChange) -> Bool, headsAt oids: Set<ObjectID>
  ) throws -> (bytes: [UInt8], removed: Int) {
    // What cannot be read names nothing either.
    guard var read = try? JSONDecoder().decode(RefJournalLine.self, from: Data(line)) else { return (Array(line), 0) }
    let changes = read.changes ?? []
    let kept = changes.filter { change in !(change.value.map(isForgotten) ?? false) }
    var removed = changes.count - kept.count
    if read.changes != nil { read.changes = kept }
    let heads = Set(oids.map(\.hex))
    if let old = read.head?.old, heads.contains(old) {
      read.head?.old = nil
      removed += 1
    }
    guard removed > 0 else { return (Array(line), 0) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (Array(try encoder.encode(read)), removed)
  }
}
