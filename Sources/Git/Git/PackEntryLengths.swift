internal import CLibgit2
internal import GitValues
internal import Glibc

/// Proves that every entry of a pack inflates to exactly as many bytes as it declares, and that no delta makes an
/// object of more than `Library.maximumObjectBytes`: libgit2 holds base and result of a delta in memory whole.
///
/// libgit2 1.5.1 does not look. It hashes the declared size together with whatever comes, and so files an object under
/// an id that no git can read back; a hostile source can build trees of such ids, and every check that trusts the index
/// passes. git refuses the pack ("inflate returned -5").
///
/// Reads the pack once more, from its page cache, in constant memory: inflating without hashing or resolving. The
/// format is gitformat-pack(5).
final class PackEntryLengths {
  private static let inputCount = 256 << 10
  private static let outputCount = 64 << 10
  private static let headerCount = 12

  private let path: String
  private let file: Int32
  /// At an address of its own: zlib keeps it, and refuses a stream that has moved.
  private let stream: UnsafeMutablePointer<z_stream>
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: inputCount, alignment: 16)
  private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: outputCount, alignment: 16)
  /// The part of `input` that was read from the file and not used yet.
  private var unread = 0..<0

  /// Opens the pack.
  init(_ path: String) throws(GitError) {
    self.path = path
    file = PathText.withCString(path) { open($0, O_RDONLY | O_CLOEXEC) }
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let isReady = file >= 0 && remora_inflate_init(stream) == Z_OK
    guard isReady else {
      throw GitError(
        code: .generic, errorClass: .operatingSystem, operation: "read pack", subject: path, message: "cannot be read")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    input.deallocate()
    output.deallocate()
    if file >= 0 { close(file) }
  }

  /// Reads all entries.
  /// - Parameter report: called now and then; may throw to cancel.
  /// - Throws: `packCorrupt` for an entry that is not as long as it says; what `report` throws.
  func check(count: Int, _ report: () throws -> Void) throws {
    for _ in 0..<Self.headerCount { _ = try nextByte() }
    for index in 0..<count {
      if index.isMultiple(of: 1_024) { try report() }
      try checkEntry()
    }
  }

  private func checkEntry() throws(GitError) {
    var byte = try nextByte()
    let type = byte >> 4 & 7
    var size = Int(byte & 15)
    var shift = 4
    while byte & 0x80 != 0 {
      byte = try nextByte()
      guard shift <= 53 else { throw corrupt("an entry declares more than 2^60 bytes") }
      size |= Int(byte & 0x7F) << shift
      shift += 7
    }
    switch type {
    case 1...4: break
    case 6: while try nextByte() & 0x80 != 0 {}
    case 7: for _ in 0..<20 { _ = try nextByte() }
    default: throw corrupt("an entry of the unknown type \(type)")
    }
    let head = try inflateEntry(declaring: size, keeping: type >= 6 ? Self.deltaHeadCount : 0)
    if type >= 6 { try checkDelta(head) }
  }

  /// The sizes of base and result at the front of a delta (gitformat-pack(5), "Deltified representation").
  private func checkDelta(_ head: [UInt8]) throws(GitError) {
    var rest = head[...]
    for _ in 0..<2 {
      var size = 0
      var shift = 0
      var isLast = false
      while !isLast, let byte = rest.popFirst() {
        guard shift <= 56 else { throw corrupt("a delta declares more than 2^60 bytes") }
        size |= Int(byte & 0x7F) << shift
        shift += 7
        isLast = byte & 0x80 == 0
      }
      guard isLast else { throw corrupt("a delta without its sizes") }
      guard size <= Library.maximumObjectBytes else {
        throw GitError(
          code: .limitExceeded, operation: Self.deltaOperation, subject: path,
          message: "an object of \(size) bytes is sent as a delta, the limit for those is \(Library.maximumObjectBytes)"
        )
      }
    }
  }

  /// Identifies the error for a large delta, which no setting allows.
  static let deltaOperation = "resolve deltas"
  /// Two sizes of at most ten bytes.
  private static let deltaHeadCount = 20

  /// - Returns: the first bytes, as many as are to be kept.
  private func inflateEntry(declaring size: Int, keeping count: Int) throws(GitError) -> [UInt8] {
    inflateReset(stream)
    var kept: [UInt8] = []
    var produced = 0
    var status = Z_OK
    while status != Z_STREAM_END {
      if unread.isEmpty { try fill() }
      stream.pointee.next_in = input.baseAddress?.advanced(by: unread.lowerBound).assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_in = UInt32(unread.count)
      stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(Self.outputCount)
      status = inflate(stream, Z_NO_FLUSH)
      unread = (unread.upperBound - Int(stream.pointee.avail_in))..<unread.upperBound
      let part = Self.outputCount - Int(stream.pointee.avail_out)
      if kept.count < count { kept += output[..<min(part, count - kept.count)] }
      produced += part
      // Z_BUF_ERROR: all input was used up exactly; there is more in the file.
      guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR && unread.isEmpty else {
        throw corrupt("an entry cannot be inflated")
      }
      guard produced <= size else { throw corrupt("an entry is longer than the \(size) bytes that it declares") }
    }
    guard produced == size else { throw corrupt("an entry has \(produced) bytes and declares \(size)") }
    return kept
  }

  private func nextByte() throws(GitError) -> UInt8 {
    if unread.isEmpty { try fill() }
    defer { unread = (unread.lowerBound + 1)..<unread.upperBound }
    return input[unread.lowerBound]
  }

  private func fill() throws(GitError) {
    var count = read(file, input.baseAddress, Self.inputCount)
    while count < 0 && errno == EINTR { count = read(file, input.baseAddress, Self.inputCount) }
    guard count > 0 else { throw corrupt(count == 0 ? "it ends too early" : String(cString: strerror(errno))) }
    unread = 0..<count
  }

  private func corrupt(_ message: String) -> GitError {
    GitError(code: .packCorrupt, operation: "index pack", subject: path, message: message)
  }
}
