/// Refs below `refs/` in bytewise order of their names, each once: what a server advertises, what a copy holds.
///
/// All names lie in one buffer and all oids in one array, so a million refs cost three allocations and about 70
/// bytes each,
/// and two listings are compared by one walk without making a value per ref.
package struct RefListing: Sendable {
  /// One ref, copied out. For bulk work use the accessors by index.
  package struct Entry: Hashable, Sendable {
    package let name: ReferenceName
    package let oid: ObjectID
    /// What an annotated tag leads to when followed to its end; `nil` when the ref does not name a tag
    /// object, or it is unknown.
    package let peeled: ObjectID?

    package init(name: ReferenceName, oid: ObjectID, peeled: ObjectID? = nil) {
      self.name = name
      self.oid = oid
      self.peeled = peeled
    }
  }

  private var nameBytes: [UInt8] = []
  /// Where the name at the same index ends in `nameBytes`.
  private var nameEnds: [Int] = []
  private var oids: [ObjectID] = []
  /// `ObjectID.zero` stands for "no peeled value": zero never names an object. What lies beyond the end has none either: most
  /// listings have none at all.
  private var peeledOIDs: [ObjectID] = []
  private var isInOrder = true

  package init() {}

  /// Makes a listing of entries in any order. The last of several with one name wins.
  package init(_ entries: some Sequence<Entry>) {
    for entry in entries { append(name: entry.name, oid: entry.oid, peeled: entry.peeled) }
    sort()
  }

  package var count: Int { oids.count }
  package var isEmpty: Bool { oids.isEmpty }

  package mutating func reserveCapacity(refs: Int, nameBytes bytes: Int) {
    nameBytes.reserveCapacity(bytes)
    nameEnds.reserveCapacity(refs)
    oids.reserveCapacity(refs)
  }

  /// Adds a ref at the end. Call `sort()` after the last one; a listing that arrives in order costs nothing to sort.
  package mutating func append(name: UnsafeRawBufferPointer, oid: ObjectID, peeled: ObjectID? = nil) {
    if isInOrder, let last = oids.indices.last {
      isInOrder = withName(at: last) { Self.compare($0, name) } < 0
    }
    nameBytes.append(contentsOf: name)
    nameEnds.append(nameBytes.count)
    oids.append(oid)
    if let peeled { setPeeled(peeled, at: oids.count - 1) }
  }

  /// Adds all refs of another listing at the end, under the same condition as one.
  package mutating func append(contentsOf other: RefListing) {
    guard !other.isEmpty else { return }
    isInOrder = isInOrder && other.isInOrder && (isEmpty || compareName(at: count - 1, with: other, at: 0) < 0)
    let (refs, length) = (count, nameBytes.count)
    nameBytes += other.nameBytes
    nameEnds.reserveCapacity(refs + other.count)
    for end in other.nameEnds { nameEnds.append(length + end) }
    oids += other.oids
    for (index, peeled) in other.peeledOIDs.enumerated() where !peeled.isZero { setPeeled(peeled, at: refs + index) }
  }

  /// Adds a ref at the end; see the other `append`.
  package mutating func append(name: ReferenceName, oid: ObjectID, peeled: ObjectID? = nil) {
    name.bytes.withUnsafeBytes { append(name: $0, oid: oid, peeled: peeled) }
  }

  /// Sets the peeled value of the ref that was appended last (v0 advertises it on a line of its own).
  package mutating func setPeeledOfLast(_ peeled: ObjectID) {
    precondition(!oids.isEmpty, "no ref to peel")
    setPeeled(peeled, at: oids.count - 1)
  }

  package mutating func setPeeled(_ peeled: ObjectID?, at index: Int) {
    if index >= peeledOIDs.count {
      if peeled == nil { return }
      peeledOIDs += repeatElement(.zero, count: index + 1 - peeledOIDs.count)
    }
    peeledOIDs[index] = peeled ?? .zero
  }

  /// Puts the refs in bytewise order. Of several with one name the one appended last stays.
  package mutating func sort() {
    guard !isInOrder else { return }
    let order = oids.indices.sorted { left, right in
      let comparison = compareNames(left, right)
      return comparison == 0 ? left < right : comparison < 0
    }
    var sorted = RefListing()
    sorted.reserveCapacity(refs: count, nameBytes: nameBytes.count)
    for (position, index) in order.enumerated() {
      if position + 1 < order.count, compareNames(index, order[position + 1]) == 0 { continue }
      withName(at: index) { sorted.append(name: $0, oid: oids[index], peeled: peeled(at: index)) }
    }
    self = sorted
  }

  /// The refs but those of some names, which are sorted as the listing is; one walk over both.
  package func without(_ names: [ReferenceName]) -> RefListing {
    var rest = RefListing()
    rest.reserveCapacity(refs: count, nameBytes: nameBytes.count)
    var next = 0
    for index in 0..<count {
      withName(at: index) { name in
        var comparison = 1
        while next < names.count {
          comparison = names[next].bytes.withUnsafeBytes { Self.compare($0, name) }
          guard comparison < 0 else { break }
          next += 1
        }
        if next == names.count || comparison != 0 {
          rest.append(name: name, oid: oids[index], peeled: peeled(at: index))
        }
      }
    }
    return rest
  }

  package func oid(at index: Int) -> ObjectID { oids[index] }

  package func peeled(at index: Int) -> ObjectID? {
    index >= peeledOIDs.count || peeledOIDs[index].isZero ? nil : peeledOIDs[index]
  }

  package func name(at index: Int) -> ReferenceName {
    ReferenceName(bytes: Array(nameBytes[nameStart(index)..<nameEnds[index]]))
  }

  package subscript(index: Int) -> Entry {
    Entry(name: name(at: index), oid: oids[index], peeled: peeled(at: index))
  }

  /// Lends the bytes of a name; the pointer must not leave `body`.
  package func withName<Result>(at index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    let range = nameStart(index)..<nameEnds[index]
    return try nameBytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// Where the ref of that name is, by binary search; `nil` when it is not listed. The listing must be sorted.
  package func index(of name: ReferenceName) -> Int? {
    name.bytes.withUnsafeBytes { wanted in
      var low = 0
      var high = count
      while low < high {
        let middle = (low + high) / 2
        let comparison = withName(at: middle) { Self.compare($0, wanted) }
        if comparison == 0 { return middle }
        if comparison < 0 { low = middle + 1 } else { high = middle }
      }
      return nil
    }
  }

  package func oid(of name: ReferenceName) -> ObjectID? { index(of: name).map { oids[$0] } }

  /// Bytewise order of a name here and a name there: negative, zero or positive.
  package func compareName(at index: Int, with other: RefListing, at otherIndex: Int) -> Int {
    withName(at: index) { here in other.withName(at: otherIndex) { Self.compare(here, $0) } }
  }

  private func compareNames(_ left: Int, _ right: Int) -> Int { compareName(at: left, with: self, at: right) }

  private func nameStart(_ index: Int) -> Int { index == 0 ? 0 : nameEnds[index - 1] }

  /// Bytewise order, the shorter of two with one beginning first.
  package static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let common = Swift.min(left.count, right.count)
    var position = 0
    // Eight bytes at a time: neighbours begin with the same long path, and listings are compared name by name.
    while position + 8 <= common {
      let here = UInt64(bigEndian: left.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let there = UInt64(bigEndian: right.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      if here != there { return here < there ? -1 : 1 }
      position += 8
    }
    while position < common {
      if left[position] != right[position] { return Int(left[position]) - Int(right[position]) }
      position += 1
    }
    return left.count - right.count
  }
}

extension RefListing: Equatable {
  /// Same names with the same oids. Peeled values follow from the oids and are not compared.
  package static func == (left: RefListing, right: RefListing) -> Bool {
    left.oids == right.oids && left.nameEnds == right.nameEnds && left.nameBytes == right.nameBytes
  }
}

extension RefListing: RandomAccessCollection {
  package var startIndex: Int { 0 }
  package var endIndex: Int { count }
}
