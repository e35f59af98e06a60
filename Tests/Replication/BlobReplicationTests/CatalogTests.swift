import DurableFiles
import Foundation
import Glibc
import Replication
import SystemPackage
import TestSupport
import Testing
import WorkerPool

@testable import BlobReplication

@Suite("The catalog of a directory of files")
struct CatalogTests {
  private let fixture: BlobFixture

  init() throws { fixture = try BlobFixture() }

  @Test("lists regular files in order of ids, and says what it left out") func rows() async throws {
    let ids = ["a/b", "a-b", "a.b", "a/b-c", "a/c/d", "ab", "b", "ä"]
    for id in ids { try fixture.put([1], at: id) }
    for name in ["x.lock", "y.git/inner", ".remora-b.part", ".remora-trash/t/content", "a/.remora-x/f"] {
      try fixture.put([1], at: name)
    }
    try fixture.put([1], at: "b.remora-tmp-0123456789abcdef")
    try FileManager.default.createSymbolicLink(atPath: fixture.path("a/link"), withDestinationPath: "b")
    #expect(mkfifo(fixture.path("pipe"), 0o600) == 0)
    #expect(open("\(fixture.root)/bad\u{7}", O_CREAT | O_WRONLY, 0o600) >= 0)
    let raw: [CChar] = "\(fixture.root)/".utf8CString.dropLast() + [CChar(bitPattern: 0xff), 0]
    #expect(open(raw, O_CREAT | O_WRONLY, 0o600) >= 0)
    let catalog = try await fixture.strategy().catalog()
    #expect(catalog.rows.map(\.id.text) == ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    #expect(catalog.isComplete)
    let skipped = Dictionary(catalog.skipped.map { ($0.path, $0.reason) }, uniquingKeysWith: { $1 })
    #expect(
      skipped == [
        "x.lock": "part that ends in '.lock'", "y.git": "part that ends in '.git'", "a/link": "a symbolic link",
        "pipe": "no regular file", "bad?": "control character", "\u{fffd}": "a name that is not UTF-8",
      ])
  }

  @Test("gives a stamp that changes with the content, and the same in every process") func stamps() async throws {
    try fixture.put([1], at: "a")
    try fixture.put([1], at: "b")
    let strategy = fixture.strategy()
    let first = try await strategy.catalog().rows
    #expect(first.map(\.stamp) == (try await fixture.strategy().catalog().rows.map(\.stamp)))
    #expect(Set(first.map(\.stamp)).count == 2)
    // The same size, and the old times set back: the change itself shows.
    var times = [timespec](repeating: timespec(tv_sec: 1, tv_nsec: 0), count: 2)
    utimensat(AT_FDCWD, fixture.path("a"), &times, 0)
    let before = try await strategy.catalog().rows
    let file = open(fixture.path("a"), O_WRONLY)
    #expect(pwrite(file, [2], 1, 0) == 1 && close(file) == 0)
    utimensat(AT_FDCWD, fixture.path("a"), &times, 0)
    let after = try await strategy.catalog().rows
    #expect(before[0].stamp != after[0].stamp && before[0].identity == after[0].identity)
    #expect(before[1] == after[1])
  }

  @Test("is incomplete when the root is empty or a directory cannot be read") func incomplete() async throws {
    #expect(
      try await fixture.strategy().catalog()
        == DirectoryCatalog(
          rows: [], isComplete: false, skipped: [.init(path: ".", reason: "the root is empty")]))
    try fixture.put([1], at: "a/b")
    try fixture.put([1], at: "c/d")
    let plan = FaultPlan(call: 4, code: .permissionDenied)
    let faulty = FaultyFileSystem(plan)
    let catalog = try await fixture.strategy(files: faulty).catalog()
    #expect(faulty.faultFired && !catalog.isComplete && catalog.skipped.count == 1, "\(catalog)")
    #expect(catalog.rows.count == 1)
  }

  @Test(
    "is incomplete when the root is on another device than before",
    .enabled(if: SmallDisk.isPossible, "only root may mount"))
  func otherDevice() async throws {
    try fixture.put([1], at: "a")
    let strategy = fixture.strategy()
    #expect(try await strategy.catalog().isComplete)
    let disk = try SmallDisk(at: fixture.root.string, bytes: 1 << 20)
    defer { disk.unmount() }
    try fixture.put([1], at: "b")
    let catalog = try await strategy.catalog()
    #expect(!catalog.isComplete && catalog.rows.map(\.id.text) == ["b"])
  }

  @Test("does not hold more than so many skipped names") func manySkipped() throws {
    for index in 0..<30 { #expect(symlink("x", fixture.path("l\(index)")) == 0) }
    let walk = CatalogWalk(
      place: BlobPlace(root: fixture.root), cancellation: CancellationFlag(), maximumSkipped: 20)
    let (catalog, _) = try walk.run(expecting: nil)
    #expect(catalog.skipped.count == 21 && catalog.skipped.last?.reason == "more were left out")
  }

  @Test("of a deep tree ends where no id can reach") func deep() async throws {
    let part = String(repeating: "d", count: 120)
    try RealFileSystem().makeDirectories(
      FilePath(fixture.path(Array(repeating: part, count: 12).joined(separator: "/"))))
    try fixture.put([1], at: Array(repeating: part, count: 8).joined(separator: "/") + "/file")
    let catalog = try await fixture.strategy().catalog()
    #expect(catalog.rows.count == 1)
    #expect(catalog.skipped.map(\.reason) == ["longer than 1024 bytes"])
  }

  @Test("ends when it is cancelled") func cancelled() async throws {
    for index in 0..<50 { try fixture.put([1], at: "d\(index)/f") }
    let strategy = fixture.strategy()
    let task = Task { try await strategy.catalog() }
    task.cancel()
    // It may have been over before.
    do { #expect(try await task.value.rows.count == 50) } catch {
      #expect((error as? StrategyError)?.code == .cancelled)
    }
  }
}
