internal import Foundation
package import GitValues

extension RefJournalLine {
  /// A line of the journal without what is to be forgotten; the line itself where it says nothing of that, or cannot be read.
  ///
  /// - Parameters:
  ///   - isForgotten: of a change of a ref.
  ///   - oids: values of a detached HEAD that go.
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
