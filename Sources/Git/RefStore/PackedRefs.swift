package import GitValues
internal import Glibc
internal import WorkerPool

/// The contents of a `packed-refs` file: many refs in one file, sorted, with the peeled value of each annotated tag.
///
/// Format (git's `refs/packed-backend.c` and gitrepository-layout(5)): a header line `# pack-refs with: TRAITS `, then
/// `OID SP NAME LF` a ref, followed by `^OID LF` where the ref names a tag object.
package struct PackedRefs: Sendable {
  package var refs: RefListing
  /// Lines that are no ref: unparsable, a null oid, a name git would not accept.
  package var broken: [BrokenRef]
  /// The header states that every ref that can be peeled has its `^` line. libgit2 writes this header but peels one
  /// level only, so it is trusted only in files that Remora or git wrote.
  package var isFullyPeeled: Bool

  package init(refs: RefListing = RefListing(), broken: [BrokenRef] = [], isFullyPeeled: Bool = true) {
    self.refs = refs
    self.broken = broken
    self.isFullyPeeled = isFullyPeeled
  }

  /// Parses a file's bytes. Never fails: lines that are no refs are listed in `broken`.
  package init(parsing bytes: [UInt8]) {
    self.init(isFullyPeeled: false)
    bytes.withUnsafeBytes { file in
      let split = Self.split(file)
      guard split < file.count else {
        self = Self.part(file, 0..<split)
        return
      }
      // Half a million refs take a tenth of a second: a large file is read by two threads.
      // Lent for longer than the two take, and only read.
      nonisolated(unsafe) let text = file
      let (first, second) = Pair.run {
        Self.part(text, 0..<split)
      } _: {
        Self.part(text, split..<text.count)
      }
      self = first
      refs.append(contentsOf: second.refs)
      broken += second.broken
    }
    refs.sort()
  }

  /// The beginning of a line of a ref in the middle of a large file; the end of a small one.
  private static func split(_ file: UnsafeRawBufferPointer) -> Int {
    guard file.count >= 4 << 20 else { return file.count }
    var position = file.count / 2
    while let end = endOfLine(file, from: position) {
      position = end + 1
      if position < file.count, file[position] != UInt8(ascii: "^") { return position }
    }
    return file.count
  }

  private static func endOfLine(_ file: UnsafeRawBufferPointer, from position: Int) -> Int? {
    guard position < file.count, let start = file.baseAddress,
      let found = memchr(start + position, Int32(newline), file.count - position)
    else { return nil }
    return UnsafeRawPointer(found) - start
  }

  private static func part(_ file: UnsafeRawBufferPointer, _ range: Range<Int>) -> PackedRefs {
    var part = PackedRefs(isFullyPeeled: false)
    part.parse(file, range)
    return part
  }

  private mutating func parse(_ file: UnsafeRawBufferPointer, _ part: Range<Int>) {
    // 64 bytes a line is what real repositories have; a wrong guess costs a reallocation, nothing else.
    refs.reserveCapacity(refs: part.count / 64, nameBytes: part.count / 2)
    var start = part.lowerBound
    var lastWasRef = false
    while start < part.upperBound {
      let end = Self.endOfLine(file, from: start) ?? file.count
      let line = UnsafeRawBufferPointer(rebasing: file[start..<end])
      // git reads a last line without its newline as damage; so do we.
      if end == file.count {
        addBroken(line, "line without an end")
      } else {
        lastWasRef = parse(line, isFirst: start == 0, lastWasRef: lastWasRef)
      }
      start = end + 1
    }
  }

  /// Parses one line and returns whether it was a ref (which a `^` line may follow).
  private mutating func parse(_ line: UnsafeRawBufferPointer, isFirst: Bool, lastWasRef: Bool) -> Bool {
    if line.first == UInt8(ascii: "#") {
      if isFirst { isFullyPeeled = String(decoding: line, as: UTF8.self).contains(" fully-peeled ") }
      return false
    }
    if line.first == UInt8(ascii: "^") {
      guard lastWasRef, let peeled = ObjectID(hexBytes: UnsafeRawBufferPointer(rebasing: line.dropFirst())) else {
        addBroken(line, "peeled value without its ref")
        return false
      }
      refs.setPeeledOfLast(peeled)
      return false
    }
    guard line.count > ObjectID.hexCount + 1, line[ObjectID.hexCount] == UInt8(ascii: " "),
      let oid = ObjectID(hexBytes: UnsafeRawBufferPointer(rebasing: line[0..<ObjectID.hexCount]))
    else {
      addBroken(line, "unreadable line")
      return false
    }
    let name = UnsafeRawBufferPointer(rebasing: line[(ObjectID.hexCount + 1)...])
    guard ReferenceName.isValid(name) else {
      addBroken(name, "invalid name")
      return false
    }
    guard !oid.isZero else {
      addBroken(name, "null oid")
      return false
    }
    refs.append(name: name, oid: oid)
    return true
  }

  private mutating func addBroken(_ bytes: UnsafeRawBufferPointer, _ reason: String) {
    broken.append(BrokenRef(name: ReferenceName(bytes: Array(bytes)), reason: reason))
  }

  /// The file's bytes, as git writes them: traits `peeled fully-peeled sorted`, LF line ends.
  ///
  /// The caller guarantees the header's statement: `refs` is sorted, and every ref that names a tag object has its
  /// peeled value.
  package static func serialize(_ refs: RefListing) -> [UInt8] {
    var bytes = Array("# pack-refs with: peeled fully-peeled sorted \n".utf8)
    bytes.reserveCapacity(bytes.count + refs.count * 72)
    for index in 0..<refs.count {
      refs.oid(at: index).appendHex(to: &bytes)
      bytes.append(UInt8(ascii: " "))
      refs.withName(at: index) { bytes.append(contentsOf: $0) }
      bytes.append(newline)
      if let peeled = refs.peeled(at: index) {
        bytes.append(UInt8(ascii: "^"))
        peeled.appendHex(to: &bytes)
        bytes.append(newline)
      }
    }
    return bytes
  }

  private static let newline = UInt8(ascii: "\n")
}
