import Agent
import DurableFiles
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Writing hooks")
struct HookInstallerTests {
  private let fixture: HookFixture
  private let installer = HookInstaller()

  init() throws { fixture = try HookFixture() }

  private func error(_ body: () throws -> Void) -> HookError.Code? {
    do {
      try body()
      return nil
    } catch {
      return (error as? HookError)?.code
    }
  }

  @Test("into a repository without a directory of hooks; twice changes nothing; taken away it leaves nothing")
  func installed() throws {
    let script = try fixture.script()
    #expect(try installer.install(script, in: fixture.repository) == .installed)
    #expect(try fixture.hookText() == script.text)
    #expect(try RealFileSystem().status(of: FilePath(fixture.hook))?.permissions == FilePermissions(rawValue: 0o755))
    let before = try RealFileSystem().status(of: FilePath(fixture.hook))
    #expect(try installer.install(script, in: fixture.repository) == .unchanged)
    #expect(try RealFileSystem().status(of: FilePath(fixture.hook)) == before)
    #expect(try fixture.names() == ["post-receive"])
    #expect(try HookStatus(of: fixture.repository, expected: script, spool: nil).isGood)
    #expect(try installer.uninstall(from: fixture.repository) == .removed)
    #expect(try installer.uninstall(from: fixture.repository) == .notInstalled)
    #expect(try fixture.names() == [])
  }

  @Test("over a hook that is there: it is kept, and comes back", arguments: [true, false])
  func chained(isLink: Bool) throws {
    try fixture.program("echo old", isLink ? "elsewhere" : fixture.hook)
    if isLink {
      try FileManager.default.createDirectory(
        atPath: "\(fixture.repository.path)/hooks", withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: fixture.hook, withDestinationPath: fixture.directory.path("elsewhere"))
    }
    let old = try RealFileSystem().status(of: FilePath(fixture.hook))
    let script = try fixture.script()
    #expect(try HookStatus(of: fixture.repository, expected: nil, spool: nil).state == .foreign)
    #expect(try installer.install(script, in: fixture.repository) == .installed)
    #expect(try installer.install(script, in: fixture.repository) == .unchanged)
    #expect(try fixture.names() == ["post-receive", "post-receive.remora-chained"])
    let status = try HookStatus(of: fixture.repository, expected: script, spool: nil)
    #expect(status.state == .chained && status.isGood)
    #expect(try installer.uninstall(from: fixture.repository) == .removed)
    #expect(try fixture.names() == ["post-receive"])
    #expect(try RealFileSystem().status(of: FilePath(fixture.hook))?.inode == old?.inode)
  }

  @Test("with other values, or one that lost its mode: it is written anew, and what is chained stays")
  func updated() throws {
    try fixture.program("echo old", fixture.hook)
    _ = try installer.install(try fixture.script(), in: fixture.repository)
    let other = try fixture.script(id: "renamed")
    let stale = try HookStatus(of: fixture.repository, expected: other, spool: nil)
    #expect(stale.problems.count == 1 && stale.problems[0].contains("announces 'repo a dir/r'"))
    #expect(try installer.install(other, in: fixture.repository) == .updated)
    chmod(fixture.hook, 0o644)
    #expect(try HookStatus(of: fixture.repository, expected: other, spool: nil).state == .notExecutable)
    #expect(try installer.install(other, in: fixture.repository) == .updated)
    #expect(try HookStatus(of: fixture.repository, expected: other, spool: nil).state == .chained)
  }

  @Test("is refused where a file of another owner would be lost")
  func refused() throws {
    let script = try fixture.script()
    _ = try installer.install(script, in: fixture.repository)
    try fixture.program(script.text + "echo mine", fixture.hook)
    #expect(error { _ = try installer.install(script, in: fixture.repository) } == .changedByHand)
    #expect(error { _ = try installer.uninstall(from: fixture.repository) } == .changedByHand)
    #expect(try HookStatus(of: fixture.repository, expected: nil, spool: nil).state == .changedByHand)
    try fixture.program("echo one", fixture.hook)
    try fixture.program("echo two", fixture.hook + ".remora-chained")
    #expect(error { _ = try installer.install(script, in: fixture.repository) } == .chainedNameTaken)
    #expect(try installer.uninstall(from: fixture.repository) == .notInstalled)
    let hooks = "\(fixture.repository.path)/hooks"
    try FileManager.default.moveItem(atPath: hooks, toPath: fixture.directory.path("shared"))
    try FileManager.default.createSymbolicLink(
      atPath: hooks, withDestinationPath: fixture.directory.path("shared"))
    #expect(error { _ = try installer.install(script, in: fixture.repository) } == .sharedDirectory)
    #expect(error { _ = try HookedRepository(FilePath(fixture.directory.path)) } == .notARepository)
  }

  @Test(
    "that fails at any call leaves the old hook or ours, and can be done again", arguments: [Errno.noSpace, .ioError])
  func faults(code: Errno) throws {
    let script = try fixture.script()
    var call = 1
    while true {
      try fixture.program("echo old", fixture.hook)
      let old = try fixture.hookText()
      let files = FaultyFileSystem(FaultPlan(call: call, code: code))
      let failure = error { _ = try HookInstaller(files: files).install(script, in: fixture.repository) }
      let now = try fixture.hookText()
      #expect(now == old || now == script.text, "call \(call)")
      guard files.faultFired else { break }
      #expect(failure == .fileSystem, "call \(call)")
      _ = try installer.install(script, in: fixture.repository)
      #expect(try fixture.names() == ["post-receive", "post-receive.remora-chained"], "call \(call)")
      #expect(try installer.uninstall(from: fixture.repository) == .removed)
      #expect(try fixture.hookText() == old)
      call += 1
    }
    #expect(call > 5)
  }

  @Test("finds every bare repository below a directory, and says what it could not read")
  func search() throws {
    for path in ["root/a.git", "root/group/b.git", "root/group/deep/c"] {
      _ = try RepositoryBuilder().build(at: try made(path))
    }
    _ = try RepositoryBuilder().build(at: try made("root/.remora-trash/old.git"))
    try FileManager.default.createSymbolicLink(
      atPath: fixture.directory.path("root/link"), withDestinationPath: "group")
    try fixture.directory.write("x", to: "root/file")
    let root = FilePath(fixture.directory.path("root"))
    let search = HookedRepository.all(below: root)
    #expect(search.repositories.map { $0.path } == ["a.git", "group/b.git", "group/deep/c"].map { root.appending($0) })
    #expect(search.failures.isEmpty)
    #expect(HookedRepository.all(below: root.appending("nothing")).failures.count == 1)
  }

  private func made(_ path: String) throws -> String {
    let whole = fixture.directory.path(path)
    try FileManager.default.createDirectory(
      atPath: FilePath(whole).removingLastComponent().string, withIntermediateDirectories: true)
    return whole
  }

  @Test("status reports what keeps a push from being announced")
  func status() throws {
    let script = try fixture.script()
    func problems(spool: String? = nil) throws -> [String] {
      try HookStatus(of: fixture.repository, expected: script, spool: spool.map { FilePath($0) }).problems
    }
    #expect(try problems().map { $0.prefix(16) } == ["there is no hook"])
    _ = try installer.install(script, in: fixture.repository)
    #expect(try problems(spool: fixture.directory.path) == [])
    #expect(try problems(spool: fixture.directory.path("nothing"))[0].contains("no spool directory"))
    try fixture.directory.write("[core]\n\tbare = true\n\thooksPath = /elsewhere\n", to: "a dir/r.git/config")
    #expect(try problems()[0].contains("core.hooksPath"))
    try FileManager.default.removeItem(atPath: script.program)
    #expect(try problems()[0].contains("cannot be run here"))
  }
}
