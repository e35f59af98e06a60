import BlobReplication
import DurableFiles
import Foundation
import Replication
import SystemPackage
import TestSupport
import Testing

@Suite("Digests that need not be read again")
struct DigestCacheTests {
  private let fixture: BlobFixture
  private let path: FilePath
  /// Long after the files of the test were written.
  private let later = Timestamp.systemClock() + .seconds(3_600)

  init() throws {
    fixture = try BlobFixture()
    path = FilePath(fixture.directory.path("digests.json"))
  }

  private func stamp(_ seed: UInt64 = 1, changedAt: Int64 = 1_000) -> FileStamp {
    FileStamp(
      device: 1, inode: seed, size: 3, modified: FileTime(seconds: 999, nanoseconds: 7),
      changed: FileTime(seconds: changedAt, nanoseconds: 999_999_999))
  }

  @Test("a file that looks as before is not read again, until its reading is too old") func used() async throws {
    try fixture.put([1, 2, 3], at: "a")
    let cache = try DigestCache(path: path)
    let id = try ReplicableID("a")
    let right = BlobFixture.checksum([1, 2, 3])
    #expect(try await fixture.strategy(digests: cache, now: later).listing(of: id).checksum == right)
    #expect(cache.count == 1)
    // What stands there is another inode: read again.
    try fixture.put([4, 5, 6], at: "a")
    let other = BlobFixture.checksum([4, 5, 6])
    #expect(try await fixture.strategy(digests: cache, now: later).listing(of: id).checksum == other)
  }

  @Test("the reading itself is what is answered") func answered() throws {
    let cache = try DigestCache(path: path)
    let id = try ReplicableID("a")
    let checksum = BlobFixture.checksum([1])
    let readAt = Timestamp(milliseconds: 2_000_000)
    cache.note(checksum, of: id, stamp(), readAt: readAt)
    #expect(cache.checksum(of: id, stamp(), at: readAt) == checksum)
    #expect(cache.checksum(of: id, stamp(2), at: readAt) == nil)
    #expect(cache.checksum(of: id, stamp(), at: readAt + .seconds(7 * 86_400)) == checksum)
    #expect(cache.checksum(of: id, stamp(), at: readAt + .milliseconds(7 * 86_400_000 + 1)) == nil, "too old")
    #expect(cache.checksum(of: id, stamp(), at: readAt - .milliseconds(1)) == nil, "the clock was set back")
  }

  @Test("a file that was written just before it was read is read again", arguments: [0, 1_999, 2_000, 2_001])
  func racy(milliseconds: Int64) throws {
    let cache = try DigestCache(path: path)
    let id = try ReplicableID("a")
    let changed = FileStamp(
      device: 1, inode: 1, size: 1, modified: FileTime(seconds: 5, nanoseconds: 0),
      changed: FileTime(seconds: 10, nanoseconds: 0))
    let readAt = Timestamp(milliseconds: 10_000 + milliseconds)
    cache.note(BlobFixture.checksum([1]), of: id, changed, readAt: readAt)
    #expect((cache.checksum(of: id, changed, at: readAt) != nil) == (milliseconds > 2_000))
  }

  @Test("what is saved is read back, and jq reads it") func saved() throws {
    let cache = try DigestCache(path: path)
    for text in ["a", "dir/\"quoted\" \\ name", "ä", "}],"] {
      cache.note(
        BlobFixture.checksum(Array(text.utf8)), of: try ReplicableID(text), stamp(),
        readAt: Timestamp(milliseconds: 2_000_000))
    }
    try cache.save()
    let again = try DigestCache(path: path)
    #expect(again.count == 4)
    for text in ["a", "dir/\"quoted\" \\ name", "ä", "}],"] {
      let found = again.checksum(of: try ReplicableID(text), stamp(), at: Timestamp(milliseconds: 2_000_000))
      #expect(found == BlobFixture.checksum(Array(text.utf8)))
    }
    let object = try JSONSerialization.jsonObject(with: try Data(contentsOf: URL(fileURLWithPath: path.string)))
    let entries = (object as? [String: Any])?["entries"] as? [[String: Any]]
    #expect(entries?.map { $0["id"] as? String } == ["a", "dir/\"quoted\" \\ name", "}],", "ä"])
    again.keep(only: [try ReplicableID("ä")])
    try again.save()
    #expect(try DigestCache(path: path).count == 1)
    again.keep(only: [])
    try again.save()
    #expect(try DigestCache(path: path).count == 0)
  }

  @Test("a damaged file costs readings, and never gives a wrong one") func damaged() throws {
    let cache = try DigestCache(path: path)
    var right: [ReplicableID: Checksum] = [:]
    for text in ["a", "b/\\c"] {
      let id = try ReplicableID(text)
      right[id] = BlobFixture.checksum(Array(text.utf8))
      cache.note(BlobFixture.checksum(Array(text.utf8)), of: id, stamp(), readAt: Timestamp(milliseconds: 2_000_000))
    }
    try cache.save()
    let whole = try #require(try RealFileSystem().contents(of: path, limit: 1 << 20))
    for cut in 0..<whole.count {
      try RealFileSystem().replaceFile(path, with: Array(whole[..<cut]), permissions: .init(rawValue: 0o600))
      let torn = try DigestCache(path: path)
      for (id, checksum) in right {
        let found = torn.checksum(of: id, stamp(), at: Timestamp(milliseconds: 2_000_000))
        #expect(found == nil || found == checksum)
      }
    }
    try RealFileSystem().replaceFile(
      path, with: Array("{\"format\":2,\"entries\":[\n]}\n".utf8), permissions: .init(rawValue: 0o600))
    #expect(try DigestCache(path: path).count == 0)
  }

  @Test("a catalog saves it, and drops what is gone") func catalog() async throws {
    try fixture.put([1], at: "a")
    try fixture.put([2], at: "b")
    let cache = try DigestCache(path: path)
    let strategy = fixture.strategy(digests: cache, now: later)
    for id in ["a", "b"] { _ = try await strategy.listing(of: try ReplicableID(id)) }
    _ = try await strategy.catalog()
    #expect(try DigestCache(path: path).count == 2)
    try RealFileSystem().unlink(FilePath(fixture.path("b")))
    _ = try await strategy.catalog()
    #expect(try DigestCache(path: path).count == 1)
  }
}
