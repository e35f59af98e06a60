import DurableFiles
import Foundation
import Replication
import SystemPackage
import TestSupport
import Testing

@testable import Agent

@Suite("The root of copies")
struct RootGuardTests {
  private struct RootFixture {
    let directory: TemporaryDirectory
    var root: String { directory.path("root") }

    init() throws {
      directory = try TemporaryDirectory("root")
      try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    /// Opens the root as a process that starts.
    func start() throws -> RootGuard {
      RootGuard(
        ReplicableName("project"),
        RootIdentity(
          root: FilePath(root), kind: "project", record: FilePath(directory.path("roots.json")),
          files: RealFileSystem()),
        now: { Timestamp(milliseconds: 1_795_000_000_000) }, tell: { _ in })
    }

    func unmount() throws {
      try FileManager.default.moveItem(atPath: root, toPath: directory.path("disk"))
      try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    func mount() throws {
      try FileManager.default.removeItem(atPath: root)
      try FileManager.default.moveItem(atPath: directory.path("disk"), toPath: root)
    }

    func isRefused(_ root: RootGuard) -> Bool {
      do throws(StrategyError) {
        try root.check()
        return false
      } catch {
        return error.code == RootGuard.code && error.origin == .root
      }
    }
  }

  @Test("an empty registry makes its root, and the next start finds it")
  func first() throws {
    let fixture = try RootFixture()
    let root = try fixture.start()
    #expect(fixture.isRefused(root), "nothing is done before it was compared with the registry")
    try root.take(known: 0, present: 0)
    #expect(!fixture.isRefused(root))
    #expect(try !fixture.isRefused(fixture.start()))
  }

  @Test("a disk that is not mounted is refused, by a new process and by one that runs, until it is mounted")
  func unmounted() throws {
    let fixture = try RootFixture()
    let running = try fixture.start()
    try running.take(known: 0, present: 0)
    #expect(!fixture.isRefused(running))
    try fixture.unmount()
    let started = try fixture.start()
    for root in [running, started] {
      #expect(fixture.isRefused(root))
      // A count must not make it the right one either.
      try root.take(known: 5, present: 5)
      #expect(fixture.isRefused(root))
      #expect(root.refusal?.message.contains(".remora-accept") == true)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.root).isEmpty, "nothing is written there")
    try fixture.mount()
    #expect(!fixture.isRefused(running) && !fixture.isRefused(started))
  }

  @Test("the disk of another site, and a damaged identity, are refused")
  func foreign() throws {
    let fixture = try RootFixture()
    let root = try fixture.start()
    try root.take(known: 0, present: 0)
    for text in ["{\"format\":1,\"id\":\"another\"}\n", "", "\0\0\0\0", "nonsense"] {
      try fixture.directory.write(text, to: "root/.remora-root")
      #expect(fixture.isRefused(root), "\(text)")
    }
    try FileManager.default.removeItem(atPath: fixture.root)
    #expect(fixture.isRefused(root))
    try fixture.directory.write("a file", to: "root")
    #expect(fixture.isRefused(root))
  }

  @Test(
    "an upgrade takes a root for its own when the copies are there",
    arguments: [
      (5, 5, true), (5, 2, true), (5, 1, false), (1, 0, false), (3, 0, false), (100, 95, true), (100, 94, false),
      (200, 190, true),
    ])
  func upgrade(known: Int, present: Int, isTaken: Bool) throws {
    let fixture = try RootFixture()
    let root = try fixture.start()
    try root.take(known: known, present: present)
    #expect(fixture.isRefused(root) == !isTaken)
    #expect(root.refusal?.isOfCount == (isTaken ? nil : true))
  }

  @Test("copies that are gone from the right root are counted, and one that comes back ends it")
  func emptied() throws {
    let fixture = try RootFixture()
    let root = try fixture.start()
    try root.take(known: 0, present: 0)
    try root.take(known: 10, present: 7)
    #expect(!fixture.isRefused(root))
    try root.take(known: 10, present: 6)
    #expect(fixture.isRefused(root))
    try root.take(known: 10, present: 9)
    #expect(!fixture.isRefused(root))
  }

  @Test("an operator's word ends a refusal, once")
  func accepted() throws {
    let fixture = try RootFixture()
    let root = try fixture.start()
    try root.take(known: 0, present: 0)
    try FileManager.default.removeItem(atPath: "\(fixture.root)/.remora-root")
    #expect(fixture.isRefused(root))
    try fixture.directory.write("", to: "root/.remora-accept")
    #expect(!fixture.isRefused(root))
    #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.root) == [".remora-root"])
    try root.take(known: 10, present: 0)
    #expect(fixture.isRefused(root))
    try fixture.directory.write("", to: "root/.remora-accept")
    #expect(!fixture.isRefused(root))
  }
}
