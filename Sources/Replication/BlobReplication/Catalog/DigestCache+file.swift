import DurableFiles
import Replication
import SystemPackage

/// The file: one JSON document, an entry a line in order of ids, keys in a fixed order.
///
///     {"format":1,"entries":[
///     {"id":"a/b","sha256":"…","device":1,"inode":2,"size":3,"modified":"4.5","changed":"6.7","read_at":"…Z"},
///     …
///     ]}
///
/// Read line by line by this form alone, without a JSON parser. A line of any other form is dropped, and its file
/// read again.
extension DigestCache {
  private static let head = "{\"format\":1,\"entries\":["
  private static let tail = "]}"
  /// Some three million entries.
  private static let maximumBytes = 1 << 30
  private static let permissions = FilePermissions(rawValue: 0o600)

  static func load(_ path: FilePath, _ files: any FileSystemPort) throws(FileError) -> [ReplicableID: Reading] {
    guard let bytes = try files.contents(of: path, limit: maximumBytes) else { return [:] }
    var readings: [ReplicableID: Reading] = [:]
    var lines = bytes.split(separator: UInt8(ascii: "\n"))[...]
    guard let first = lines.popFirst(), first.elementsEqual(head.utf8) else { return [:] }
    for line in lines {
      guard let (id, reading) = entry(String(decoding: line, as: UTF8.self)) else { continue }
      readings[id] = reading
    }
    return readings
  }

  func write(_ readings: [ReplicableID: Reading]) throws(FileError) {
    var bytes = Array("\(Self.head)\n".utf8)
    var isFirst = true
    for (id, reading) in readings.sorted(by: { $0.key < $1.key }) {
      if !isFirst { bytes += Array(",\n".utf8) }
      isFirst = false
      bytes += Array(Self.line(id, reading).utf8)
    }
    bytes += Array("\(isFirst ? "" : "\n")\(Self.tail)\n".utf8)
    try files.replaceFile(path, with: bytes, permissions: Self.permissions)
  }

  static func line(_ id: ReplicableID, _ reading: Reading) -> String {
    let stamp = reading.stamp
    // An id holds no control characters: these two are all that JSON wants escaped.
    var text = ""
    for character in id.text.unicodeScalars {
      if character == "\"" || character == "\\" { text.unicodeScalars.append("\\") }
      text.unicodeScalars.append(character)
    }
    return "{\"id\":\"\(text)\",\"sha256\":\"\(reading.checksum.description.dropFirst(7))\",\"device\":\(stamp.device),"
      + "\"inode\":\(stamp.inode),\"size\":\(stamp.size),\"modified\":\"\(Self.text(stamp.modified))\","
      + "\"changed\":\"\(Self.text(stamp.changed))\",\"read_at\":\"\(reading.readAt)\"}"
  }

  /// - Returns: `nil` for a line that `line` did not write.
  static func entry(_ line: String) -> (ReplicableID, Reading)? {
    var rest = line[...]
    func take(_ mark: String) -> Bool {
      guard rest.hasPrefix(mark) else { return false }
      rest = rest.dropFirst(mark.count)
      return true
    }
    func field(_ end: Character) -> Substring {
      let text = rest.prefix { $0 != end }
      rest = rest[text.endIndex...]
      return text
    }
    guard take("{\"id\":\""), let idText = unescaped(&rest), take("\",\"sha256\":\""),
      let checksum = Checksum("sha256:\(field("\""))"), take("\",\"device\":"), let device = UInt64(field(",")),
      take(",\"inode\":"), let inode = UInt64(field(",")), take(",\"size\":"), let size = Int64(field(",")),
      take(",\"modified\":\""), let modified = time(field("\"")), take("\",\"changed\":\""),
      let changed = time(field("\"")), take("\",\"read_at\":\""), let readAt = Timestamp(String(field("\""))),
      take("\"}"), rest.isEmpty || rest == ",",
      let id = try? ReplicableID(idText)  // none of ours: dropped
    else { return nil }
    let stamp = FileStamp(device: device, inode: inode, size: size, modified: modified, changed: changed)
    return (id, Reading(stamp: stamp, checksum: checksum, readAt: readAt))
  }

  /// Up to the quote that ends the text, which stays.
  private static func unescaped(_ rest: inout Substring) -> String? {
    var text = String.UnicodeScalarView()
    var scalars = rest.unicodeScalars
    while let scalar = scalars.first, scalar != "\"" {
      scalars.removeFirst()
      guard scalar == "\\" else {
        text.append(scalar)
        continue
      }
      guard let escaped = scalars.popFirst(), escaped == "\"" || escaped == "\\" else { return nil }
      text.append(escaped)
    }
    rest = Substring(scalars)
    return String(text)
  }

  private static func text(_ time: FileTime) -> String { "\(time.seconds).\(time.nanoseconds)" }

  private static func time(_ text: Substring) -> FileTime? {
    let halves = text.split(separator: ".", omittingEmptySubsequences: false)
    guard halves.count == 2, let seconds = Int64(halves[0]), let nanoseconds = Int32(halves[1]),
      (0..<1_000_000_000).contains(nanoseconds)
    else { return nil }
    return FileTime(seconds: seconds, nanoseconds: nanoseconds)
  }
}
