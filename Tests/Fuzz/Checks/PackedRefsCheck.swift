import GitValues
import RefStore

/// A `packed-refs` file of the copy's former owner: what is read from it is what is written back.
enum PackedRefsCheck {
  static func run(_ bytes: [UInt8]) throws {
    let read = PackedRefs(parsing: bytes)
    for entry in read.refs {
      try Disagreement.unless(
        entry.name.isValid && !entry.oid.isZero && entry.name.bytes.starts(with: ReferenceName.refsPrefix),
        "'\(entry.name)' is no ref")
    }
    var refs = read.refs
    refs.sort()
    let names = refs.map(\.name)
    // A name that stands there twice is decided by each reader; the file as a whole is then not ours to write.
    guard Set(names).count == names.count else { return }
    let again = PackedRefs(parsing: PackedRefs.serialize(refs))
    try Disagreement.unless(again.refs == refs && again.broken.isEmpty, "what was written is read differently")
  }
}
