import BlobReplication
import DurableFiles
import Foundation
import Glibc
import Replication
import SystemPackage
import TestSupport
import Testing
import WorkerPool

@Suite("A file synced from this machine")
struct SyncLocalTests {
  private let fixture: BlobFixture
  private let old = BlobFixture.content(70_000, seed: 1)
  private let new = BlobFixture.content(600_000, seed: 2)

  init() throws { fixture = try BlobFixture() }

  @Test("is made with the directories above it", arguments: ["a", "a/b/c d", "ä/\"x\\y\"/z", ".hidden/f"])
  func first(text: String) async throws {
    let id = try ReplicableID(text)
    let report = try await fixture.strategy().sync(SyncRequest(id: id, source: try fixture.source(new)))
    #expect(report == SyncReport(checksum: BlobFixture.checksum(new), hasChanged: true, bytes: 600_000))
    #expect(try fixture.bytes(text) == new)
    #expect(try fixture.names().filter { $0.contains(".remora") } == [])
    let listing = try await fixture.strategy().listing(of: id)
    #expect(listing.checksum == report.checksum)
    #expect(listing.count == 1 && String(decoding: listing.name(0), as: UTF8.self) == "content")
    #expect("sha256:" + String(decoding: listing.value(0), as: UTF8.self) == report.checksum?.description)
  }

  @Test("may be empty") func empty() async throws {
    let report = try await fixture.strategy().sync(SyncRequest(id: ReplicableID("e"), source: try fixture.source([])))
    #expect(report.checksum == BlobFixture.checksum([]) && report.hasChanged)
    #expect(try fixture.bytes("e") == [])
  }

  @Test("comes by a file URL, percent-encoded") func fileURL() async throws {
    let path = try fixture.source(new, name: "with space").location
    let url = "file://\(path.replacingOccurrences(of: " ", with: "%20"))"
    let request = SyncRequest(id: try ReplicableID("x"), source: SourceAddress(location: url))
    #expect(try await fixture.strategy().sync(request).hasChanged)
    #expect(try fixture.bytes("x") == new)
  }

  @Test("is adopted without a transfer when it is there and equal") func adopted() async throws {
    try fixture.put(old, at: "a/b")
    let request = SyncRequest(
      id: try ReplicableID("a/b"), source: SourceAddress(location: "/nowhere"), expected: BlobFixture.checksum(old))
    let report = try await fixture.strategy().sync(request)
    #expect(report == SyncReport(checksum: BlobFixture.checksum(old), hasChanged: false))
  }

  @Test("is replaced when it differs from the primary's digest, and the old one lies in the trash")
  func replaced() async throws {
    try fixture.put(old, at: "a")
    let strategy = fixture.strategy()
    let request = SyncRequest(
      id: try ReplicableID("a"), source: try fixture.source(new), expected: BlobFixture.checksum(new))
    let report = try await strategy.sync(request)
    #expect(report.warnings == ["immutable_changed"] && report.hasChanged)
    #expect(try fixture.bytes("a") == new)
    let tickets = try await strategy.trash()
    #expect(tickets.map(\.reason) == ["displaced"] && tickets.first?.replicableID == request.id)
    let name = try #require(tickets.first?.name)
    #expect(try fixture.bytes(".remora-trash/\(name)/content") == old)
  }

  @Test("of an immutable kind stays without an event of a change, until it is fetched afresh")
  func immutable() async throws {
    try fixture.put(old, at: "a")
    let strategy = fixture.strategy()
    var request = SyncRequest(id: try ReplicableID("a"), source: try fixture.source(new))
    let error = try await strategyError { _ = try await strategy.sync(request) }
    #expect(error.code == .checksumMismatch && error.disposition == .replicable)
    #expect(try fixture.bytes("a") == old)
    #expect(try fixture.names() == ["a"])
    request.isFresh = true
    #expect(try await strategy.sync(request).hasChanged)
    #expect(try fixture.bytes("a") == new)
    #expect(try await strategy.trash().count == 1)
  }

  @Test("of a mutable kind follows its source, and keeps the old one in the trash") func mutable() async throws {
    try fixture.put(old, at: "a")
    let strategy = fixture.strategy(isMutable: true)
    let request = SyncRequest(id: try ReplicableID("a"), source: try fixture.source(new))
    #expect(try await strategy.sync(request).warnings == [])
    #expect(try fixture.bytes("a") == new)
    #expect(
      try await strategy.sync(request)
        == SyncReport(checksum: BlobFixture.checksum(new), hasChanged: false, bytes: 600_000))
    #expect(try await strategy.trash().count == 1)
  }

  @Test("is refused when its bytes differ from the primary's digest, and the copy stays") func mismatch() async throws {
    try fixture.put(old, at: "a")
    let wrong = BlobFixture.checksum([1])
    let request = SyncRequest(id: try ReplicableID("a"), source: try fixture.source(new), expected: wrong)
    let error = try await strategyError { _ = try await fixture.strategy(isMutable: true).sync(request) }
    #expect(error.code == .checksumMismatch && error.message.contains("\(wrong)"))
    #expect(try fixture.bytes("a") == old)
    #expect(try fixture.names() == ["a"])
  }

  @Test(
    "that is missing, a link, a directory or a FIFO is refused", arguments: ["missing", "link", "directory", "fifo"])
  func badSource(what: String) async throws {
    let path = fixture.directory.path("source")
    switch what {
    case "link": try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/etc/passwd")
    case "directory": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    case "fifo": #expect(mkfifo(path, 0o600) == 0)
    default: break
    }
    let request = SyncRequest(id: try ReplicableID("a/b"), source: SourceAddress(location: path))
    let error = try await strategyError { _ = try await fixture.strategy().sync(request) }
    #expect(error.code.rawValue == (what == "missing" ? "missing_on_primary" : "source_refused"))
    #expect(error.disposition == .replicable)
    #expect(try fixture.names() == [], "nothing half made stays")
  }

  @Test(
    "has an address that can be understood",
    arguments: ["", "relative", "ftp://h/x", "ssh://h/x", "file://other/x", "https://"])
  func addresses(location: String) async throws {
    let request = SyncRequest(id: try ReplicableID("a"), source: SourceAddress(location: location))
    let error = try await strategyError { _ = try await fixture.strategy().sync(request) }
    #expect(error.code.rawValue == "unsupported_source")
  }

  @Test("is read again when it changes meanwhile, three times at most", arguments: [1, 2, 3])
  func changing(changes: Int) async throws {
    let source = try fixture.source(new)
    // A change in the middle of each reading: when the part is begun, and when it is begun again.
    let changed = Monitor(0)
    let part = fixture.path(".remora-file.part")
    let files = HookedFiles { _ in
      var status = stat()
      guard lstat(part, &status) == 0, status.st_size > 0 else { return changed.with { $0 = $0 & ~1 } }
      changed.with { state in
        // The lowest bit: this reading has seen its change.
        guard state & 1 == 0, state >> 1 < changes else { return }
        state = (state >> 1 + 1) << 1 | 1
        let file = open(source.location, O_WRONLY | O_APPEND | O_CLOEXEC)
        _ = write(file, [1], 1)
        close(file)
      }
    }
    let strategy = fixture.strategy(files: files)
    let request = SyncRequest(id: try ReplicableID("file"), source: source)
    if changes < 3 {
      #expect(try await strategy.sync(request).hasChanged)
      #expect(try fixture.bytes("file") == new + [UInt8](repeating: 1, count: changes))
    } else {
      #expect(try await strategyError { _ = try await strategy.sync(request) }.code.rawValue == "source_busy")
      #expect(try fixture.names() == [])
    }
  }

  @Test("does not lose its directory to a concurrent removal beside it") func neighbours() async throws {
    let strategy = fixture.strategy(isMutable: true)
    let source = try fixture.source(old)
    for round in 0..<10 {
      let (staying, going) = (try ReplicableID("a/b/stay\(round)"), try ReplicableID("a/b/go"))
      _ = try await strategy.sync(SyncRequest(id: going, source: source))
      async let synced = strategy.sync(SyncRequest(id: staying, source: source))
      async let ticket = strategy.discard(going, entry: nil, at: BlobFixture.now)
      #expect(try await synced.hasChanged)
      #expect(try await ticket != nil)
      _ = try await strategy.discard(staying, entry: nil, at: BlobFixture.now)
      #expect(try fixture.names() == [])
    }
  }
}
