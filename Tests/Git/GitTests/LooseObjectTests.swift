import Foundation
import Git
import GitValues
import Testing

@Suite("loose objects")
struct LooseObjectTests {
  /// Returns a bare repository with this blob as its only object. Returns its objects directory, the id and the
  /// object's file.
  private func repository(_ workshop: Workshop, blob: [UInt8]) throws -> (objects: String, oid: ObjectID, file: String)
  {
    try workshop.git("init", "-q", "--bare", "x.git")
    let line = try workshop.gitBytes(["-C", "x.git", "hash-object", "-w", "--stdin"], input: blob)
    let oid = try #require(ObjectID(hex: line.prefix(40)))
    let objects = "\(workshop.path)/x.git/objects"
    return (objects, oid, "\(objects)/\(oid.hex.prefix(2))/\(oid.hex.dropFirst(2))")
  }

  @Test("are read whole", arguments: [0, 1, 31, 32, 33, 5000, 3 << 20])
  func reads(size: Int) throws {
    let workshop = try Workshop()
    var generator = SeededGenerator(seed: UInt64(size))
    let blob = (0..<size).map { $0 % 7 == 0 ? UInt8(truncatingIfNeeded: generator.next()) : 0x41 }
    let (directory, oid, _) = try repository(workshop, blob: blob)
    let objects = try ObjectDatabase(objectsDirectory: directory)
    let read = try #require(try objects.read(oid) { ($0, Array($1)) })
    #expect(read == (.blob, blob))
    let header = try #require(try objects.header(of: oid))
    #expect(header == (.blob, size))
  }

  @Test("of every kind are read", arguments: ["main", "main^{tree}", "main:a/file", "v1"])
  func readsKinds(revision: String) throws {
    let workshop = try Workshop()
    let source = try workshop.repository()
    try workshop.git("init", "-q", "--bare", "loose.git")
    try workshop.gitBytes(["-C", "loose.git", "unpack-objects", "-q"], input: workshop.pack(of: source))
    let oid = try workshop.oid("-C", source, "rev-parse", revision)
    let objects = try ObjectDatabase(objectsDirectory: "\(workshop.path)/loose.git/objects")
    let hash = try objects.read(oid) { try ObjectDatabase.hash($0, $1) }
    #expect(hash == oid)
  }

  @Test("that end too early are corrupt, wherever they end: libgit2's own reader would not return")
  func truncated() throws {
    let workshop = try Workshop()
    let (directory, oid, file) = try repository(workshop, blob: Array("some content, some more content\n".utf8))
    let whole = try workshop.bytes(of: file)
    for length in 0..<whole.count {
      try workshop.replace(file, with: Array(whole.prefix(length)))
      let objects = try ObjectDatabase(objectsDirectory: directory)
      #expect(objects.contains(oid))
      #expect(try code { _ = try objects.read(oid) { _, _ in 0 } } == .objectCorrupt, "\(length) bytes")
    }
  }

  @Test("with anything behind their end are corrupt")
  func garbage() throws {
    let workshop = try Workshop()
    let (directory, oid, file) = try repository(workshop, blob: [1, 2, 3])
    try workshop.replace(file, with: workshop.bytes(of: file) + [0])
    let objects = try ObjectDatabase(objectsDirectory: directory)
    #expect(try code { _ = try objects.read(oid) { _, _ in 0 } } == .objectCorrupt)
  }

  @Test(
    "with a false header are corrupt",
    arguments: [
      "blob 3", "blob 99999999999999\0abc", "blob 4\0abc", "blob 2\0abc", "blob -3\0abc", "blob\0abc", "blub 3\0abc",
      "blob  3\0abc", "blob 3 \0abc", "blob 00000000000000000000000000000000003\0abc", "",
    ])
  func falseHeader(content: String) throws {
    let workshop = try Workshop()
    let (directory, oid, file) = try repository(workshop, blob: [1])
    try workshop.replace(file, with: PackBuilder.stored(Array(content.utf8)))
    let objects = try ObjectDatabase(objectsDirectory: directory)
    #expect(try code { _ = try objects.read(oid) { _, _ in 0 } } == .objectCorrupt)
  }

  @Test("that are damaged stop a walk of commits", .timeLimit(.minutes(1)))
  func walk() throws {
    let workshop = try Workshop()
    let source = try workshop.repository()
    try workshop.git("init", "-q", "--bare", "loose.git")
    try workshop.gitBytes(["-C", "loose.git", "unpack-objects", "-q"], input: workshop.pack(of: source))
    let main = try workshop.oid("-C", source, "rev-parse", "main")
    let parent = try workshop.oid("-C", source, "rev-parse", "main~1")
    let directory = "\(workshop.path)/loose.git/objects"
    let file = "\(directory)/\(parent.hex.prefix(2))/\(parent.hex.dropFirst(2))"
    try workshop.replace(file, with: workshop.bytes(of: file).dropLast(30))
    let revisions = try RevisionWalk(ObjectDatabase(objectsDirectory: directory))
    #expect(throws: GitError.self) {
      try revisions.push(main)
      while try revisions.next() != nil {}
    }
  }
}
