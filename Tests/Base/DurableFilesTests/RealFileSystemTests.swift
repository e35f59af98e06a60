import DurableFiles
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite struct RealFileSystemTests {
  let fixture: MemoryDirectory
  let files = RealFileSystem()
  var root: FilePath { fixture.path }

  init() throws { fixture = try MemoryDirectory("remora-files") }

  @Test("what was written is read back, with its size and kind")
  func readsBack() throws {
    let path = root.appending("file")
    let file = try files.create(path, permissions: .mode(0o600))
    try file.write(Array("one".utf8))
    try file.write([])
    try file.write(Array("two".utf8))
    #expect(try file.length == 6)
    try file.synchronize()
    try file.close()
    #expect(try files.contents(of: path, limit: 6) == Array("onetwo".utf8))
    let status = try #require(try files.status(of: path))
    #expect(status.kind == .regular)
    #expect(status.size == 6)
    #expect(status.linkCount == 1)
    #expect(status.owner == getuid())
    #expect(status.permissions == .mode(0o600))
  }

  @Test("a missing path is nil, also below a file")
  func missingIsNil() throws {
    try files.write("file")(root)
    for path in [root.appending("none"), root.appending("file").appending("below")] {
      #expect(try files.status(of: path) == nil)
      #expect(try files.contents(of: path, limit: 1) == nil)
    }
  }

  @Test("a file over the limit is refused, one at the limit is read")
  func keepsLimit() throws {
    let path = root.appending("file")
    try files.write("file", "12345")(root)
    #expect(try files.contents(of: path, limit: 5)?.count == 5)
    expect(.fileTooLarge) { () throws(FileError) in _ = try files.contents(of: path, limit: 4) }
  }

  @Test("only regular files are read: no link is followed, no FIFO waited for")
  func readsOnlyRegularFiles() throws {
    try files.write("file")(root)
    try SystemLink.make(root.appending("link"), to: "file")
    #expect(mkfifo(root.appending("fifo").string, 0o600) == 0)
    for (name, code) in [("link", Errno.tooManySymbolicLinkLevels), ("fifo", .invalidArgument)] {
      expect(code) { () throws(FileError) in _ = try files.contents(of: root.appending(name), limit: 9) }
    }
    expect(.isDirectory) { () throws(FileError) in _ = try files.contents(of: root, limit: 9) }
    // A FIFO without a reader refuses a writer at once (ENXIO) instead of holding the thread.
    expect(.noSuchAddressOrDevice) { () throws(FileError) in
      _ = try files.openForAppending(root.appending("fifo"), permissions: .mode(0o600))
    }
    #expect(try files.status(of: root.appending("link"))?.kind == .symbolicLink)
  }

  @Test("a new file never takes a name that is there, not even a dangling link's")
  func createsExclusively() throws {
    try files.write("file")(root)
    try SystemLink.make(root.appending("link"), to: "nowhere")
    for name in ["file", "link"] {
      expect(.fileExists) { () throws(FileError) in
        _ = try files.create(root.appending(name), permissions: .mode(0o600))
      }
    }
    expect(.fileExists) { () throws(FileError) in
      try files.makeDirectory(root.appending("file"), permissions: .mode(0o700))
    }
  }

  @Test("appending goes to the end and makes a missing file; truncating moves the end")
  func appends() throws {
    let path = root.appending("log")
    for text in ["a\n", "b\n"] {
      let file = try files.openForAppending(path, permissions: .mode(0o600))
      try file.write(Array(text.utf8))
      try file.close()
    }
    #expect(try files.contents(of: path, limit: 9) == Array("a\nb\n".utf8))
    let file = try files.openForAppending(path, permissions: .mode(0o600))
    try file.truncate(to: 2)
    try file.write(Array("c\n".utf8))
    try file.close()
    #expect(try files.contents(of: path, limit: 9) == Array("a\nc\n".utf8))
  }

  @Test("truncating a created file moves where the next write goes")
  func truncatesCreated() throws {
    let file = try files.create(root.appending("file"), permissions: .mode(0o600))
    try file.write(Array("12345".utf8))
    try file.truncate(to: 1)
    try file.write(Array("2".utf8))
    #expect(try files.contents(of: root.appending("file"), limit: 9) == Array("12".utf8))
  }

  @Test("a closed file refuses everything")
  func closedIsClosed() throws {
    let file = try files.create(root.appending("file"), permissions: .mode(0o600))
    try file.close()
    expect(.badFileDescriptor) { () throws(FileError) in try file.write([1]) }
    expect(.badFileDescriptor) { () throws(FileError) in try file.synchronize() }
    expect(.badFileDescriptor) { () throws(FileError) in try file.truncate(to: 0) }
    expect(.badFileDescriptor) { () throws(FileError) in _ = try file.length }
    expect(.badFileDescriptor) { () throws(FileError) in try file.close() }
  }

  @Test("a listing is sorted bytewise, has kinds, and keeps names that are not UTF-8")
  func lists() throws {
    try files.write("b")(root)
    try files.write("B")(root)
    try files.makeDirectory(root.appending("a"), permissions: .mode(0o700))
    try SystemLink.make(root.appending("c"), to: "a")
    let odd: [CChar] = [CChar(bitPattern: 0xFF), CChar(bitPattern: 0xFE), 0]
    let oddName = try #require(odd.withUnsafeBufferPointer { FilePath.Component(platformString: $0.baseAddress!) })
    try files.create(root.appending(oddName), permissions: .mode(0o600)).close()
    let entries = try files.entries(of: root)
    #expect(entries.map(\.nameBytes) == [[0x42], [0x61], [0x62], [0x63], [0xFF, 0xFE]])
    #expect(entries.map(\.kind) == [.regular, .directory, .regular, .symbolicLink, .regular])
    expect(.notDirectory) { () throws(FileError) in _ = try files.entries(of: root.appending("c")) }
    expect(.noSuchFileOrDirectory) { () throws(FileError) in _ = try files.entries(of: root.appending("none")) }
    expect(.overflow) { () throws(FileError) in _ = try RealFileSystem(maximumEntries: 4).entries(of: root) }
  }

  @Test("rename replaces, exchange swaps, link refuses a taken name")
  func moves() throws {
    let (one, two) = (root.appending("one"), root.appending("two"))
    try files.write("one", "1")(root)
    try files.write("two", "2")(root)
    try files.exchange(one, with: two)
    #expect(try files.contents(of: one, limit: 1) == Array("2".utf8))
    expect(.fileExists) { () throws(FileError) in try files.link(one, to: two) }
    try files.link(one, to: root.appending("three"))
    #expect(try files.status(of: one)?.linkCount == 2)
    try files.rename(one, to: two)
    #expect(try files.status(of: one) == nil)
    #expect(try files.contents(of: two, limit: 1) == Array("2".utf8))
    expect(.noSuchFileOrDirectory) { () throws(FileError) in try files.exchange(one, with: two) }
    try files.unlink(two)
    try files.unlink(root.appending("three"))
    #expect(try files.entries(of: root).isEmpty)
  }

  @Test("a read-only file and a directory can be synchronised; a missing one cannot")
  func synchronizes() throws {
    try files.create(root.appending("pack"), permissions: .mode(0o444)).close()
    try files.synchronizeFile(root.appending("pack"))
    try files.synchronizeDirectory(root)
    expect(.noSuchFileOrDirectory) { () throws(FileError) in try files.synchronizeFile(root.appending("none")) }
    expect(.notDirectory) { () throws(FileError) in try files.synchronizeDirectory(root.appending("pack")) }
  }

  @Test("free space is a number of bytes above zero")
  func measuresSpace() throws {
    #expect(try files.availableBytes(at: root) > 0)
  }

  @Test("no descriptor reaches a child process")
  func closesOnExec() throws {
    let file = try files.create(root.appending("file"), permissions: .mode(0o600))
    let lock = try OwnerLock.acquire(path: root.appending("lock"), wait: .zero)
    var found = 0
    for descriptor in try files.entries(of: "/proc/self/fd") {
      guard let number = CInt(descriptor.name.string) else { continue }
      var target = [CChar](repeating: 0, count: 4_097)
      guard readlink("/proc/self/fd/\(number)", &target, 4_096) > 0 else { continue }
      guard FilePath(platformString: target).starts(with: root) else { continue }
      found += 1
      #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
    }
    #expect(found == 2)
    try file.close()
    lock.release()
  }

  @Test("an inode that is given again has another birth, and a rename keeps it")
  func birth() throws {
    let directory = try TemporaryDirectory("birth")
    let (files, root) = (RealFileSystem(), FilePath(directory.path))
    try directory.write("one", to: "first")
    let before = try #require(try files.status(of: root.appending("first")))
    try files.rename(root.appending("first"), to: root.appending("second"))
    let after = try #require(try files.status(of: root.appending("second")))
    #expect(after.born == before.born && after.inode == before.inode)
    // A file system that returns no birth times has no more to check.
    guard let born = before.born else { return }
    try files.unlink(root.appending("second"))
    try directory.write("two", to: "third")
    let next = try #require(try files.status(of: root.appending("third")))
    #expect(try #require(next.born) > born)
  }
}
