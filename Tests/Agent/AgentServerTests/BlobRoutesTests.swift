import BlobReplication
import BoundedHTTP
import Crypto
import DurableFiles
import Foundation
import Replication
import SystemPackage
import TestSupport
import Testing
import WorkerPool

@Suite("Blobs over HTTP")
struct BlobRoutesTests {
  private let content = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

  @Test(
    "the whole file, and one range of it", arguments: ["", "bytes=0-9", "bytes=990-", "bytes=-10", "bytes=500-5000"])
  func ranges(range: String) async throws {
    try await withRoutes { fixture in
      try fixture.directory.write(bytes: content, to: "assets/dir/file 1")
      let options = range.isEmpty ? [] : ["-H", "Range: \(range)"]
      let answer = try await ask(fixture, "blobs/asset/dir/file%201", options)
      let expected: Range<Int> =
        switch range {
        case "bytes=0-9": 0..<10
        case "bytes=990-", "bytes=-10": 990..<1000
        case "bytes=500-5000": 500..<1000
        default: 0..<1000
        }
      #expect(answer.status == (range.isEmpty ? 200 : 206))
      #expect(answer.body == Array(content[expected]))
      #expect(answer.headers["content-length"] == "\(expected.count)")
      #expect(answer.headers["accept-ranges"] == "bytes")
      #expect(
        answer.headers["content-range"]
          == (range.isEmpty ? nil : "bytes \(expected.lowerBound)-\(expected.upperBound - 1)/1000"))
    }
  }

  private func ask(_ fixture: RoutesFixture, _ path: String, _ options: [String]) async throws -> RoutesFixture.Answer {
    switch options.count {
    case 0: try await fixture.ask(path)
    case 2: try await fixture.ask(path, options[0], options[1])
    default: try await fixture.ask(path, options[0], options[1], options[2], options[3])
    }
  }

  @Test("416 states the size; several ranges return the whole; HEAD has no body and ignores ranges")
  func others() async throws {
    try await withRoutes { fixture in
      try fixture.directory.write(bytes: content, to: "assets/f")
      try fixture.directory.write("", to: "assets/empty")
      let behind = try await fixture.ask("blobs/asset/f", "-H", "Range: bytes=1000-")
      #expect(behind.status == 416)
      #expect(behind.headers["content-range"] == "bytes */1000")
      #expect(behind.body == [])
      let several = try await fixture.ask("blobs/asset/f", "-H", "Range: bytes=0-1,5-6")
      #expect(several.status == 200)
      #expect(several.body == content)
      let head = try await fixture.ask("blobs/asset/f", "-I", "-H", "Range: bytes=0-1")
      #expect(head.status == 200)
      #expect(head.headers["content-length"] == "1000")
      let empty = try await fixture.ask("blobs/asset/empty")
      #expect(empty.status == 200)
      #expect(empty.body == [])
      #expect(try await fixture.ask("blobs/asset/empty", "-H", "Range: bytes=0-").status == 416)
    }
  }

  @Test("If-Range: the tag stands for one content, whatever is changed about the file")
  func conditions() async throws {
    try await withRoutes { fixture in
      let path = try fixture.directory.write(bytes: content, to: "assets/f")
      let tag = try #require(try await fixture.ask("blobs/asset/f").headers["etag"])
      #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
      func status(_ condition: String) async throws -> Int {
        try await fixture.ask("blobs/asset/f", "-H", "Range: bytes=1-2", "-H", "If-Range: \(condition)").status
      }
      #expect(try await status(tag) == 206)
      #expect(try await status("W/\(tag)") == 200)
      #expect(try await status("\"other\"") == 200)
      #expect(try await status("Sun, 06 Nov 1994 08:49:37 GMT") == 200)
      // Same size, same inode, and the time set back: only the kernel's ctime differs.
      let date = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      try handle.write(contentsOf: [1])
      try handle.close()
      try FileManager.default.setAttributes([.modificationDate: try #require(date)], ofItemAtPath: path)
      #expect(try await status(tag) == 200)
    }
  }

  @Test("no link is followed out, and what is no file is not there")
  func links() async throws {
    try await withRoutes { fixture in
      try fixture.directory.write("secret", to: "secret/s")
      try fixture.directory.write("x", to: "assets/dir/file")
      let files = FileManager.default
      let assets = fixture.directory.path("assets")
      try files.createSymbolicLink(atPath: "\(assets)/link", withDestinationPath: "../secret/s")
      try files.createSymbolicLink(atPath: "\(assets)/way", withDestinationPath: "../secret")
      mkfifo("\(assets)/fifo", 0o600)
      for id in ["link", "way/s", "fifo", "dir", "nothing", "dir/file/x"] {
        let answer = try await fixture.ask("blobs/asset/\(id)")
        #expect(answer.status == 404, "\(id)")
        #expect(answer.text == "there is no such file\n")
      }
      for id in ["../secret/s", "%2e%2e/secret/s", "dir%2Ffile", "dir//file", "dir/", "a%00"] {
        #expect(try await fixture.ask("blobs/asset/\(id)").status == 400, "\(id)")
      }
      #expect(try await fixture.ask("blobs/other/dir/file").status == 404)
      // A root that went away says nothing about its files.
      try files.moveItem(atPath: assets, toPath: fixture.directory.path("unmounted"))
      #expect(try await fixture.ask("blobs/asset/dir/file").status == 500)
    }
  }

  @Test("a file that shrinks while it is sent: the connection is cut, nothing is made up")
  func shrinks() async throws {
    try await withRoutes { fixture in
      let size = 64 << 20
      let path = try fixture.directory.write("", to: "assets/f")
      truncate(path, off_t(size))
      let received = try await OwnThread.run {
        let socket = try LoopbackSocket.connect(to: UInt16(fixture.port))
        defer { close(socket) }
        let request = "GET /blobs/asset/f HTTP/1.1\r\nHost: x\r\n\r\n"
        write(socket, request, request.utf8.count)
        var buffer = [UInt8](repeating: 1, count: 1 << 16)
        // What has been read so far is more than nothing and, by the buffers between, less than all.
        var total = read(socket, &buffer, 1000)
        truncate(path, 1 << 20)
        while true {
          let count = read(socket, &buffer, buffer.count)
          guard count > 0 else { return total }
          total += count
        }
      }
      #expect(received > 0 && received < size)
    }
  }

  @Test("a client that does not read is cut off, and its file is closed")
  func stalled() async throws {
    try await withRoutes(writeLimit: .milliseconds(200)) { fixture in
      let path = try fixture.directory.write("", to: "assets/f")
      truncate(path, 256 << 20)
      let socket = try LoopbackSocket.connect(to: UInt16(fixture.port))
      defer { close(socket) }
      let request = "GET /blobs/asset/f HTTP/1.1\r\nHost: x\r\n\r\n"
      let isSent = write(socket, request, request.utf8.count) == request.utf8.count
      #expect(isSent)
      // The first byte: from then on the file is open.
      var byte: UInt8 = 0
      let isBegun = read(socket, &byte, 1) == 1
      #expect(isBegun)
      #expect(try await eventually { try !Self.isOpen(path) })
    }
  }

  private static func isOpen(_ path: String) throws -> Bool {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").contains { name in
      // A descriptor may be closed while we look.
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")) == path
    }
  }

  @Test("the blob strategy downloads from here, and goes on where it was cut off")
  func resume() async throws {
    try await withRoutes { fixture in
      var generator = SeededGenerator(seed: 3)
      let content = generator.bytes(3_000_000)
      try fixture.directory.write(bytes: content, to: "assets/dir/a b")
      let proxy = try FaultProxy(to: UInt16(fixture.port), scripts: [[.passBytes(1_000_000), .cut]], isHTTP: false)
      let root = FilePath(fixture.directory.path("copies"))
      try RealFileSystem().makeDirectory(root, permissions: FilePermissions(rawValue: 0o755))
      let workers = WorkerPool(name: "blobs", threads: 2, waitingLimit: 10)
      let client = BoundedHTTPClient(configuration: .init(connectTimeout: .seconds(10)))
      let strategy = BlobStrategy(
        place: BlobPlace(root: root, files: RealFileSystem()), isMutable: false,
        transport: BlobTransport(client: client), workers: workers,
        limits: BlobLimits(silence: .seconds(30), total: .seconds(60), freeBytesToKeep: 0), digests: nil,
        now: { Timestamp(milliseconds: 1_800_000_000_000) })
      let request = SyncRequest(
        id: try ReplicableID("dir/a b"),
        source: SourceAddress(location: "http://127.0.0.1:\(proxy.port)/blobs/asset/dir/a%20b"),
        expected: Checksum(sha256: SHA256.hash(data: content)))
      await #expect(throws: StrategyError.self) { _ = try await strategy.sync(request) }
      let report = try await strategy.sync(request)
      #expect(report.bytes < 2_500_000, "it went on: \(report.bytes)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: "\(root)/dir/a b")) == Data(content))
      await workers.shutdown()
      await client.shutdown()
    }
  }
}
