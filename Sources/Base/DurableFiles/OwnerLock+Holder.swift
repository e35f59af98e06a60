import Glibc
import TextBytes

extension OwnerLock {
  /// Who wrote itself into a lock file: `{"host":"…","pid":…,"since":"…"}`, one line.
  package struct Holder: Hashable, Sendable {
    /// The name of the machine, which distinguishes process ids on shared disks.
    package let host: String
    package let pid: Int32
    /// When the lock was taken: RFC 3339, UTC, whole seconds.
    package let since: String

    package init(host: String, pid: Int32, since: String) {
      self.host = host
      self.pid = pid
      self.since = since
    }

    /// The most bytes that a holder takes in its file.
    private static let maximumBytes = 1_024

    /// This process, now.
    static func current() -> Holder {
      Holder(host: hostName(), pid: getpid(), since: RFC3339.wholeSeconds(Int64(time(nil)) * 1_000))
    }

    /// Writes the line. It need not survive a crash, and a failure only makes a later error less precise: the lock
    /// itself is held.
    func write(to descriptor: CInt) {
      let line = Array("{\"host\":\"\(host)\",\"pid\":\(pid),\"since\":\"\(since)\"}\n".utf8)
      _ = ftruncate(descriptor, 0)
      _ = line.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// - Returns: nil when the file says nothing that was written by `write`: it may be half written at this moment.
    static func read(from descriptor: CInt) -> Holder? {
      let bytes = [UInt8](unsafeUninitializedCapacity: maximumBytes) { buffer, count in
        count = max(0, pread(descriptor, buffer.baseAddress, buffer.count, 0))
      }
      return Holder(line: bytes)
    }

    /// Reads one line back. Foundation's JSON would be the only reason for this room to import Foundation, and of this
    /// file only our own lines have a meaning: other text is no holder.
    init?(line: [UInt8]) {
      let fields = line.split(separator: UInt8(ascii: "\"")).map { String(decoding: $0, as: UTF8.self) }
      // {  host  :  HOST  ,  pid  :PID,  since  :  SINCE  }\n
      guard fields.count == 11, fields[1] == "host", fields[5] == "pid", fields[7] == "since",
        fields[6].first == ":", fields[6].last == ",", let pid = Int32(fields[6].dropFirst().dropLast()),
        fields[3].allSatisfy(Holder.isPlain), fields[9].allSatisfy(Holder.isPlain)
      else { return nil }
      self.init(host: fields[3], pid: pid, since: fields[9])
    }

    /// Characters that need no escape in JSON and do no harm on a terminal.
    private static func isPlain(_ character: Character) -> Bool {
      character.isASCII && (character.isLetter || character.isNumber || ".:-_".contains(character))
    }

    private static func hostName() -> String {
      var buffer = [CChar](repeating: 0, count: 256)
      // The last byte stays zero: gethostname(2) may cut a long name without one.
      guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
      let name = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let plain = String(name.filter(isPlain))
      return plain.isEmpty ? "unknown" : plain
    }
  }
}

extension OwnerLock.Holder: CustomStringConvertible {
  package var description: String { "process \(pid) on \(host) since \(since)" }
}
