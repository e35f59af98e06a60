internal import CLibgit2

/// One loose object, inflated whole: `TYPE SIZE NUL CONTENT`, as in gitformat-loose(5).
///
/// In libgit2's place, because libgit2 1.5.1 never returns from a file that ends too early (`zstream.c`: no more input
/// is no error there, and the loop asks again). Files of that kind are what a power cut leaves.
struct LooseObject {
  /// The longest header, `commit` with a size of 20 digits, is 28 bytes.
  private static let maximumHeader = 32
  /// zlib cannot make a byte into more than 1032 (its technical notes): a larger claim is refused before memory is
  /// taken for it.
  private static let maximumRatio = 1032

  let type: ObjectType
  let size: Int
  /// Of `size` + 1 bytes, the last one NUL, as libgit2 wants it.
  let content: UnsafeMutableRawPointer

  /// - Parameters:
  ///   - file: the compressed bytes, all of them.
  ///   - allocate: memory that the receiver of the content frees.
  ///   - release: gives it back when the object turns out to be damaged.
  /// - Throws: `objectCorrupt`.
  init(
    _ file: UnsafeRawBufferPointer, allocate: (Int) -> UnsafeMutableRawPointer?,
    release: (UnsafeMutableRawPointer) -> Void
  ) throws(GitError) {
    let inflater = try Inflater(file)
    var head: [UInt8] = []
    while head.last != 0 {
      guard head.count < Self.maximumHeader, let byte = inflater.nextByte() else {
        throw Self.corrupt("it has no header")
      }
      head.append(byte)
    }
    (type, size) = try Self.parse(head.dropLast())
    guard size <= (file.count + 1) * Self.maximumRatio else { throw Self.corrupt("its size cannot be true") }
    guard let memory = allocate(size + 1) else {
      throw GitError(code: .generic, errorClass: .memory, operation: "read loose object", message: "out of memory")
    }
    guard inflater.fill(UnsafeMutableRawBufferPointer(start: memory, count: size)), inflater.isAtEnd() else {
      release(memory)
      throw Self.corrupt("it is damaged or ends too early")
    }
    memory.storeBytes(of: 0, toByteOffset: size, as: UInt8.self)
    content = memory
  }

  private static func parse(_ head: ArraySlice<UInt8>) throws(GitError) -> (ObjectType, Int) {
    let parts = head.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count == 2, let size = Int(String(decoding: parts[1], as: UTF8.self)), size >= 0,
      let type = [ObjectType.commit, .tree, .blob, .tag].first(where: { parts[0].elementsEqual("\($0.name)".utf8) })
    else { throw corrupt("its header is damaged") }
    return (type, size)
  }

  static func corrupt(_ message: String) -> GitError {
    GitError(code: .objectCorrupt, operation: "read loose object", message: message)
  }
}
