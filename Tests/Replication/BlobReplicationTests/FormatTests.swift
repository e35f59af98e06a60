import BoundedHTTP
import DurableFiles
import Foundation
import Replication
import SystemPackage
import TestSupport
import Testing

@testable import BlobReplication

/// `fixtures/formats/blobs` holds one file of each format; they must be read as long as Remora lives.
@Suite("File formats and headers of the strategy for files")
struct FormatTests {
  private static let fixtures = Fixtures.url("formats/blobs")

  private func fixture(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: Self.fixtures.appending(path: name)))
  }

  @Test("a part's record is read and written") func record() throws {
    let bytes = try fixture("part.resume")
    let record = try #require(PartRecord(decoding: bytes))
    #expect(
      record
        == PartRecord(
          id: try ReplicableID("dir/file"), source: "https://git.example.org/assets/dir/file",
          validator: StrongValidator(text: "\"v1\""), total: 400_000))
    #expect(try record.encoded() == bytes)
  }

  @Test("a cache of digests is read and written") func digests() throws {
    let path = FilePath(Self.fixtures.appending(path: "digests.json").path)
    let cache = try DigestCache(path: path)
    #expect(cache.count == 2)
    let empty = BlobFixture.checksum([])
    let stamp = FileStamp(
      device: 2049, inode: 131073, size: 0, modified: FileTime(seconds: 1_800_000_000, nanoseconds: 5),
      changed: FileTime(seconds: 1_800_000_000, nanoseconds: 999_999_999))
    let id = try ReplicableID("dir/\"quoted\" \\ name")
    #expect(cache.checksum(of: id, stamp, at: BlobFixture.now + .seconds(3_600)) == empty)
    try withTemporaryDirectory { directory in
      let copy = FilePath(directory.path("copy.json"))
      try RealFileSystem().replaceFile(
        copy, with: try fixture("digests.json"), permissions: FilePermissions(rawValue: 0o600))
      let again = try DigestCache(path: copy)
      // A third one comes and goes: the file is written anew, as it was.
      again.note(
        empty, of: try ReplicableID("zzz"), stamp, readAt: BlobFixture.now + .seconds(3_600))
      again.keep(only: [id, try ReplicableID("file")])
      try again.save()
      #expect(try RealFileSystem().contents(of: copy, limit: 1 << 20) == fixture("digests.json"))
    }
  }

  @Test("torn, foreign and newer files are none of ours", arguments: ["ticket.json", "part.resume"])
  func damaged(name: String) throws {
    let whole = try fixture(name)
    let newer = Array(
      String(decoding: whole, as: UTF8.self).replacingOccurrences(of: "\"format\":1", with: "\"format\":2").utf8)
    let cuts = (0..<whole.count - 2).map { Array(whole[..<$0]) } + [newer, Array("[]".utf8), [0xff, 0xfe]]
    for bytes in cuts {
      #expect(PartRecord(decoding: bytes) == nil)
    }
  }

  @Test(
    "a range of content is read strictly",
    arguments: [
      ("bytes 0-0/1", true), ("bytes 5-9/10", true), ("bytes 5-9/*", true), ("BYTES 5-9/10", true),
      ("bytes 5-9/9", false), ("bytes 9-5/10", false), ("bytes */10", false), ("items 5-9/10", false),
      ("bytes 5-9", false), ("bytes +5-9/10", false), ("bytes 5-99999999999999999999/*", false), ("", false),
      ("bytes 5-9/10/11", false), ("bytes -5-9/10", false),
    ])
  func ranges(text: String, isRange: Bool) { #expect((ContentRange(text) != nil) == isRange) }

  @Test(
    "a validator is strong or none",
    arguments: [
      (["ETag": "\"a\""], "\"a\""), (["ETag": "W/\"a\""], nil), (["ETag": "a"], nil), (["ETag": "\""], nil), ([:], nil),
      (["Last-Modified": "Sun, 22 Nov 2026 18:00:00 GMT"], nil),
      (
        ["Last-Modified": "Sun, 22 Nov 2026 18:00:00 GMT", "Date": "Sun, 22 Nov 2026 18:01:00 GMT"],
        "Sun, 22 Nov 2026 18:00:00 GMT"
      ),
      (["Last-Modified": "Sun, 22 Nov 2026 18:00:00 GMT", "Date": "Sun, 22 Nov 2026 18:00:59 GMT"], nil),
      (["Last-Modified": "Sunday, 22-Nov-26 18:00:00 GMT", "Date": "Sun, 22 Nov 2026 18:01:00 GMT"], nil),
    ] as [([String: String], String?)])
  func validators(headers: [String: String], validator: String?) {
    var fields = HTTPHeaderFields()
    for (name, value) in headers { fields.add(name, value) }
    #expect(StrongValidator(fields)?.text == validator)
  }

  @Test(
    "an address shows neither user, query nor fragment",
    arguments: [
      ("https://u:p@H.example:8443/a%20b?secret=1#x", "https://H.example:8443/a%20b"), ("http://h", "http://h"),
    ])
  func redacted(url: String, shown: String) throws {
    let address = try #require(HTTPAddress(url, bearerToken: nil))
    #expect(address.redacted == shown && !address.url.contains("u:p") && !address.url.contains("#"))
  }
}
