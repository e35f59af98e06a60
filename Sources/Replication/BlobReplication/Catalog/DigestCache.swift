package import DurableFiles
package import Replication
internal import Synchronization
package import SystemPackage

/// Digests of files that need not be read again: by size, times and inode, each no older than the schedule allows.
///
/// It only ever saves work. A reading is kept only if the file had been left alone for a while when the reading
/// began: one that is written within the clock's own grain right after being read would look the same (git's rule for
/// its index). Nothing of it has to survive a crash; a file of it that is damaged or of another version is as good as
/// none.
package final class DigestCache: Sendable {
  struct Reading: Hashable, Sendable {
    let stamp: FileStamp
    let checksum: Checksum
    let readAt: Timestamp
  }

  private struct State {
    var readings: [ReplicableID: Reading] = [:]
    var hasChanged = false
  }

  /// The coarsest clock of a file system that files are kept on (FAT, some network file systems).
  static let grain = Duration.seconds(2)

  let path: FilePath
  let files: any FileSystemPort
  private let maximumAge: Duration
  private let state: Mutex<State>

  /// Loads what an earlier process has saved. Blocks.
  /// - Parameters:
  ///   - path: the file, in a directory that exists and is ours.
  ///   - maximumAge: a reading older than this is not used: the file is read again. Default 7 days.
  /// - Throws: when the file is there and cannot be read.
  package init(
    path: FilePath, files: any FileSystemPort = RealFileSystem(), maximumAge: Duration = .seconds(7 * 86_400)
  ) throws(FileError) {
    self.path = path
    self.files = files
    self.maximumAge = maximumAge
    let readings = try Self.load(path, files)
    state = Mutex(State(readings: readings))
  }

  /// How many readings there are.
  package var count: Int { state.withLock { $0.readings.count } }

  /// The digest of a file that looks as it did; `nil` when it has to be read.
  package func checksum(of id: ReplicableID, _ stamp: FileStamp, at now: Timestamp) -> Checksum? {
    guard let reading = state.withLock({ $0.readings[id] }), reading.stamp == stamp else { return nil }
    // A reading from the future means that the clock was set back: its age is unknown.
    guard reading.readAt <= now, now - reading.readAt <= maximumAge else { return nil }
    return reading.checksum
  }

  /// Keeps a reading.
  /// - Parameter readAt: when it began.
  package func note(_ checksum: Checksum, of id: ReplicableID, _ stamp: FileStamp, readAt: Timestamp) {
    let newest = Timestamp(max(stamp.modified, stamp.changed))
    let isSettled = newest + Self.grain < readAt
    state.withLock { state in
      state.hasChanged = true
      state.readings[id] = isSettled ? Reading(stamp: stamp, checksum: checksum, readAt: readAt) : nil
    }
  }

  /// Forgets all others.
  package func keep(only ids: [ReplicableID]) {
    state.withLock { state in
      guard !state.readings.isEmpty else { return }
      let kept = Set(ids)
      let before = state.readings.count
      state.readings = state.readings.filter { kept.contains($0.key) }
      if state.readings.count != before { state.hasChanged = true }
    }
  }

  /// Writes the file if something has changed since. Blocks.
  package func save() throws(FileError) {
    let readings: [ReplicableID: Reading]? = state.withLock { state in
      defer { state.hasChanged = false }
      return state.hasChanged ? state.readings : nil
    }
    guard let readings else { return }
    do {
      try write(readings)
    } catch {
      state.withLock { $0.hasChanged = true }
      throw error
    }
  }
}

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
