import Foundation
import Replication
import SystemPackage
import TextBytes

@testable import EventLog

/// What the start of a log accepts, a reader can walk, line by line, to the same place.
///
/// Each input is tried as it is, and with the frames of its lines made anew: no mutation guesses a chain.
struct LogCheck {
  private static let directory: FilePath = "/log"
  private let identity, readers: [UInt8]?
  private let segment: [UInt8]

  /// - Parameter bytes: `log.json`, `readers.json` and the segment.
  init(_ bytes: [UInt8]) {
    let parts = InputParts.split(bytes, count: 3)
    (identity, readers, segment) = (parts[0], parts[1], parts[2] ?? [])
  }

  func run() throws {
    let log = files(segment)
    try cursors(log)
    try recover(segment)
    if let framed = framed() { try recover(framed) }
  }

  private func files(_ segment: [UInt8]) -> LogFiles {
    let files = MemoryFiles()
    let log = LogFiles(directory: Self.directory, files: files)
    files[log.identity] = identity
    files[log.readers] = readers
    files[log.segment(1)] = segment
    return log
  }

  private func cursors(_ log: LogFiles) throws {
    guard let id = try? LogIdentity.read(log), var cursors = try? ReaderCursors(log, of: id) else { return }
    // One name more, so that the file is written.
    let added = Cursor(log: id, id: 1, chain: 2)
    guard (try? cursors.acknowledge("one more", added)) != nil else { return }
    try cursors.save()
    let again = try ReaderCursors(log, of: id)
    try Disagreement.unless(again.cursors == cursors.cursors, "cursors are read otherwise than they were written")
  }

  private func recover(_ bytes: [UInt8]) throws {
    let log = files(bytes)
    let finding: LogRecovery.Finding
    do { finding = try LogRecovery(log: log).find() } catch { return }
    try Disagreement.unless(
      finding.length + finding.dropped.droppedBytes == bytes.count, "bytes are neither kept nor counted")
    guard finding.segments == [1] else { return }
    let file = try ScratchFile(Array(bytes.prefix(finding.length)))
    defer { file.remove() }
    try walk(file, finding, from: nil)
    for mark in finding.marks.marks { try walk(file, finding, from: mark) }
  }

  private func walk(_ file: ScratchFile, _ finding: LogRecovery.Finding, from mark: SegmentMark?) throws {
    var walk = try SegmentWalk.open(path: file.path, firstID: 1, of: finding.id, at: mark, lineBytes: 1 << 20)
    var reader = LineReader()
    while walk.position.id < finding.position.id {
      try walk.next()
      let content = walk.withLine { line in try? reader.content(of: line) }
      if case .event(let event)? = content { try EventCheck.roundTrip(event) }
    }
    try Disagreement.unless(
      walk.position == finding.position && walk.offset == finding.length, "a walk ends somewhere else")
  }

  /// Returns the segment with a header of its log, and its lines in frames that hold.
  private func framed() -> [UInt8]? {
    guard let log = try? LogIdentity.read(files(segment)) else { return nil }
    let header = SegmentHeader(
      format: 1, log: log, firstID: 1, previousChain: log.value, createdAt: Timestamp(milliseconds: 0))
    var bytes: [UInt8] = []
    var last = LogPosition(id: 0, chain: log.value)
    func append(_ members: [UInt8], group: Int?) {
      let chain = LineFrame.append(id: last.id + 1, group: group, members: members, after: last.chain, to: &bytes)
      last = LogPosition(id: last.id + 1, chain: chain)
    }
    append(header.members, group: 1)
    for line in segment.split(separator: UInt8(ascii: "\n")) { append(Self.members(Array(line)), group: nil) }
    return bytes
  }

  /// Returns what stands between the frame of a line; the whole of one without.
  private static func members(_ line: [UInt8]) -> [UInt8] {
    guard let frame = line.withUnsafeBytes({ LineFrame($0) }), let comma = line.firstIndex(of: UInt8(ascii: ",")),
      comma < frame.bodyLength
    else { return line }
    return Array(line[(comma + 1)..<frame.bodyLength])
  }
}

/// A file on the disk: a walk reads past the file-system port.
private struct ScratchFile {
  let path: FilePath

  init(_ bytes: [UInt8]) throws {
    let name = "remora-fuzz-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    path = FilePath(FileManager.default.temporaryDirectory.path).appending(name)
    try Data(bytes).write(to: URL(fileURLWithPath: path.string))
  }

  func remove() { unlink(path.string) }
}
