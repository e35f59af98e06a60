import DurableFiles
import Foundation
import GitValues
import RefStore
import SystemPackage
import TestSupport
import Testing

@Suite("Loose refs")
struct LooseRefTests {
  private static let digits = "0123456789abcdef0123456789abcdef01234567"

  @Test(
    "forty digits, and white space behind them, are an oid",
    arguments: ["\n", "", " \n", "\t\n", "\r\n", " not for us\n", "\n\n"])
  func direct(end: String) throws {
    let oid = try #require(ObjectID(Self.digits))
    #expect(LooseRef(parsing: Array((Self.digits + end).utf8)) == .direct(oid))
  }

  @Test("ref: and a valid name is a symbolic ref", arguments: ["ref: ", "ref:", "ref:\t", "ref:   "])
  func symbolic(mark: String) {
    let expected = LooseRef.symbolic(ReferenceName("refs/heads/main"))
    #expect(LooseRef(parsing: Array("\(mark)refs/heads/main\n".utf8)) == expected)
    #expect(LooseRef(parsing: Array("\(mark)refs/heads/main".utf8)) == expected)
  }

  @Test(
    "anything else is broken, and says how",
    arguments: [
      ("", "empty file"), ("\n", "empty file"), ("\0\0\0\0", "unreadable content"),
      (String(digits.dropLast()), "unreadable content"), ("\(digits)8\n", "unreadable content"),
      ("\(digits)x", "unreadable content"), ("garbage\n", "unreadable content"),
      (String(repeating: "0", count: 40) + "\n", "null oid"), ("ref:\n", "symbolic ref to an invalid name"),
      ("ref: refs/heads/../x\n", "symbolic ref to an invalid name"), ("ref: main\n", "symbolic ref to an invalid name"),
      ("Ref: refs/heads/main\n", "unreadable content"),
    ])
  func broken(text: String, reason: String) {
    #expect(LooseRef(parsing: Array(text.utf8)) == .broken(reason))
  }

  @Test("entries below refs/ are distinguished: refs, locks, files that can be no ref, links, directories")
  func kinds() throws {
    try withTemporaryDirectory("loose") { directory in
      let value = Self.digits + "\n"
      for name in ["heads/main", "heads/z/y", "tags/v1", "heads/main.lock", "heads/a..b", "heads/.hidden"] {
        try directory.write(value, to: "r/refs/\(name)")
      }
      try directory.write("rubbish", to: "r/refs/heads/broken")
      try FileManager.default.createSymbolicLink(atPath: directory.path("r/refs/link"), withDestinationPath: "heads")
      try FileManager.default.createDirectory(
        atPath: directory.path("r/refs/empty/deep"), withIntermediateDirectories: true)
      let root = FilePath(directory.path("r"))
      let loose = try LooseRefs.read(repository: root, through: RealFileSystem())
      #expect(
        loose.entries.map(\.name.description) == [
          "refs/heads/broken", "refs/heads/main", "refs/heads/z/y", "refs/tags/v1",
        ])
      #expect(loose.entries.first?.value == .broken("unreadable content"))
      #expect(
        Set(loose.irregular.map(\.name.description)) == ["refs/heads/a..b", "refs/heads/.hidden", "refs/link"])
      #expect(loose.locks == [root.appending("refs/heads/main.lock")])
      #expect(loose.hasFiles)
      let directories = loose.directories.map { String($0.string.dropFirst(root.string.count + 1)) }
      #expect(Set(directories) == ["refs/empty", "refs/empty/deep", "refs/heads", "refs/heads/z", "refs/tags"])
      // The deepest first: they can be removed in this order.
      #expect(directories.firstIndex(of: "refs/empty/deep") ?? 9 < directories.firstIndex(of: "refs/empty") ?? 0)
      #expect(try LooseRefs.exist(repository: root, through: RealFileSystem()))
    }
  }

  @Test("empty directories are no files; neither is a missing refs/ when it is read")
  func nothing() throws {
    try withTemporaryDirectory("loose") { directory in
      let root = FilePath(directory.path)
      #expect(try !LooseRefs.read(repository: root, through: RealFileSystem()).hasFiles)
      try FileManager.default.createDirectory(
        atPath: directory.path("refs/heads/a/b/c"), withIntermediateDirectories: true)
      #expect(try !LooseRefs.read(repository: root, through: RealFileSystem()).hasFiles)
      #expect(try !LooseRefs.exist(repository: root, through: RealFileSystem()))
      try directory.write("", to: "refs/heads/a/b/c/HEAD.lock")
      #expect(try LooseRefs.exist(repository: root, through: RealFileSystem()))
    }
  }
}
