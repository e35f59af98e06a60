internal import CLibgit2
internal import GitValues

/// Object ids as a list of refspecs, all text in one allocation. Each id once, in the order of first appearance.
final class HexRefspecs {
  private let text: UnsafeMutablePointer<CChar>
  private let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ oids: [ObjectID]) {
    var seen = Set<ObjectID>(minimumCapacity: oids.count)
    let distinct = oids.filter { seen.insert($0).inserted }
    count = distinct.count
    let stride = ObjectID.hexCount + 1
    text = .allocate(capacity: max(1, count * stride))
    pointers = .allocate(capacity: max(1, count))
    var hex: [UInt8] = []
    for (index, oid) in distinct.enumerated() {
      hex.removeAll(keepingCapacity: true)
      oid.appendHex(to: &hex)
      hex.append(0)
      for (offset, digit) in hex.enumerated() { text[index * stride + offset] = CChar(bitPattern: digit) }
      pointers.advanced(by: index).initialize(to: text + index * stride)
    }
  }

  deinit {
    text.deallocate()
    pointers.deallocate()
  }

  /// Borrowed: valid as long as this object.
  var list: git_strarray { git_strarray(strings: pointers, count: count) }
}
