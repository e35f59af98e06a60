package import GitValues

/// Packs that a hostile or broken server may send, and the tip that it would advertise with them.
package struct BadPack: CustomStringConvertible, Sendable {
  /// What is wrong with it.
  package let description: String
  package let bytes: [UInt8]
  /// A commit; every pack but `missingObject` and the broken ones holds all that it reaches.
  package let tip: ObjectID

  /// One of each.
  package static var all: [BadPack] {
    [
      wrongTrailer, truncated, tooManyDeclared, fourBillionDeclared, missingObject, duplicateAsReferenceDelta,
      deltaBomb(),
      deltaWithoutBase, wrongSize, wrongVersion, notAPack,
    ]
  }

  /// Nothing wrong: the measure for the others.
  package static var good: BadPack {
    let (writer, tip) = contents()
    return BadPack(description: "nothing wrong", bytes: writer.finish(), tip: tip)
  }

  /// The checksum at the end is not that of the bytes.
  package static var wrongTrailer: BadPack {
    let (writer, tip) = contents()
    var bytes = writer.finish()
    bytes[bytes.count - 1] ^= 1
    return BadPack(description: "wrong trailer", bytes: bytes, tip: tip)
  }

  /// Ends in the middle of an object.
  package static var truncated: BadPack {
    let (writer, tip) = contents()
    return BadPack(description: "truncated", bytes: writer.finish().dropLast(30), tip: tip)
  }

  /// The header declares one object more than there is; the trailer fits.
  package static var tooManyDeclared: BadPack {
    let (writer, tip) = contents()
    return BadPack(description: "one object too few", bytes: writer.finish(declaredCount: 4), tip: tip)
  }

  /// The header declares 4,294,967,295 objects: an allocation by that number is 32 GiB.
  package static var fourBillionDeclared: BadPack {
    let (writer, tip) = contents()
    return BadPack(description: "four billion objects declared", bytes: writer.finish(declaredCount: .max), tip: tip)
  }

  /// Sound as a pack, but the tip's tree is not in it.
  package static var missingObject: BadPack {
    var writer = PackWriter()
    let blob = writer.add(.blob, Array("content\n".utf8))
    let tip = writer.add(.commit, commit(tree: PackWriter.oid(.tree, tree(blob))))
    return BadPack(description: "a reachable object is missing", bytes: writer.finish(), tip: tip)
  }

  /// The same object twice, once as a delta against an object of the pack: libgit2 1.5.1 spins for ever on it when an object
  /// database is attached.
  package static var duplicateAsReferenceDelta: BadPack {
    var (writer, tip) = contents()
    let base = Array("base of the delta\n".utf8)
    let result = Array("base of the delta, changed\n".utf8)
    let baseOid = writer.add(.blob, base)
    writer.add(.blob, result)
    var delta = PackDelta(from: base.count, to: result.count)
    delta.insert(result)
    writer.addDelta(against: baseOid, delta.bytes)
    return BadPack(description: "an object twice, once as a delta by name", bytes: writer.finish(), tip: tip)
  }

  /// Returns a pack of 70 KB that holds an object of more than a gibibyte: a delta of a delta.
  package static func deltaBomb(blocks: Int = 66) -> BadPack {
    var (writer, tip) = contents()
    let block = 0x1_0000
    let base = writer.add(.blob, [UInt8](repeating: 0x55, count: block))
    var middle = PackDelta(from: block, to: 256 * block)
    for _ in 0..<256 { middle.copy(offset: 0, count: block) }
    let middleOffset = writer.nextOffset
    writer.addDelta(against: base, middle.bytes)
    var last = PackDelta(from: 256 * block, to: blocks * 0xFF_FFFF)
    for _ in 0..<blocks { last.copy(offset: 0, count: 0xFF_FFFF) }
    writer.addDelta(againstOffset: middleOffset, last.bytes)
    return BadPack(description: "a delta that grows past a gibibyte", bytes: writer.finish(), tip: tip)
  }

  /// A delta against an object that is nowhere.
  package static var deltaWithoutBase: BadPack {
    var (writer, tip) = contents()
    var delta = PackDelta(from: 8, to: 3)
    delta.insert([1, 2, 3])
    writer.addDelta(against: PackWriter.oid(.blob, Array("nowhere\n".utf8)), delta.bytes)
    return BadPack(description: "a delta without its base", bytes: writer.finish(), tip: tip)
  }

  /// An object that is longer than its header says.
  package static var wrongSize: BadPack {
    var (writer, tip) = contents()
    writer.add(.blob, Array("longer than declared\n".utf8), declaringSize: 4)
    return BadPack(description: "an object longer than declared", bytes: writer.finish(), tip: tip)
  }

  /// A pack of version 9.
  package static var wrongVersion: BadPack {
    let (writer, tip) = contents()
    var bytes = writer.finish()
    bytes[7] = 9
    return BadPack(description: "unknown pack version", bytes: bytes, tip: tip)
  }

  /// Not a pack at all.
  package static var notAPack: BadPack {
    BadPack(description: "not a pack", bytes: Array("<html>sign in</html>".utf8), tip: contents().tip)
  }

  // MARK: What is in them

  private static func contents() -> (writer: PackWriter, tip: ObjectID) {
    var writer = PackWriter()
    let blob = writer.add(.blob, Array("content\n".utf8))
    let tree = writer.add(.tree, tree(blob))
    let tip = writer.add(.commit, commit(tree: tree))
    return (writer, tip)
  }

  private static func tree(_ blob: ObjectID) -> [UInt8] {
    Array("100644 file\0".utf8) + blob.withBytes { Array($0) }
  }

  private static func commit(tree: ObjectID) -> [UInt8] {
    let who = "Ada Remora <ada@example.org> 1700000000 +0000"
    return Array("tree \(tree.hex)\nauthor \(who)\ncommitter \(who)\n\nBad pack\n".utf8)
  }
}
