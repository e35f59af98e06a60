import Foundation
import Git
import GitValues
import Testing

@Suite("ObjectDatabase")
struct ObjectDatabaseTests {
  @Test("reads what git wrote, and its hash is git's", arguments: [ObjectType.blob, .tree, .commit, .tag])
  func reads(type: ObjectType) throws {
    let workshop = try Workshop()
    let source = try workshop.repository()
    let name = [ObjectType.blob: "main:a/file", .tree: "main^{tree}", .commit: "main", .tag: "v1"][type] ?? ""
    let oid = try workshop.oid("-C", source, "rev-parse", name)
    let content = try workshop.gitBytes(["-C", source, "cat-file", "\(type.name)", oid.hex])
    let objects = try ObjectDatabase(objectsDirectory: "\(source)/objects")
    #expect(objects.contains(oid))
    let header = try #require(try objects.header(of: oid))
    #expect(header == (type, content.count))
    let read = try #require(try objects.read(oid) { ($0, Array($1)) })
    #expect(read == (type, content))
    #expect(try content.withUnsafeBytes { try ObjectDatabase.hash(type, $0) } == oid)
  }

  @Test("what is not there is nil, not an error", arguments: ["00", "11"])
  func missing(text: String) throws {
    let workshop = try Workshop()
    let objects = try ObjectDatabase(objectsDirectory: workshop.repository() + "/objects")
    let oid = try #require(ObjectID(String(repeating: text, count: 20)))
    #expect(!objects.contains(oid))
    #expect(try objects.header(of: oid) == nil)
    #expect(try objects.read(oid) { _, _ in true } == nil)
  }

  @Test("an error of the body comes out as it is")
  func bodyThrows() throws {
    struct Mine: Error {}
    let workshop = try Workshop()
    let source = try workshop.repository()
    let objects = try ObjectDatabase(objectsDirectory: "\(source)/objects")
    let main = try workshop.oid("-C", source, "rev-parse", "main")
    #expect(throws: Mine.self) { _ = try objects.read(main) { _, _ in throw Mine() } }
  }

  @Test("a damaged packed object is corrupt, not missing")
  func damagedPackedObject() throws {
    let workshop = try Workshop()
    let source = try workshop.repository(commits: 5)
    try workshop.git("-C", source, "repack", "-adqf")
    let directory = "\(source)/objects/pack"
    let name = try #require(workshop.files(in: directory).first { $0.hasSuffix(".pack") })
    var bytes = try workshop.bytes(of: "\(directory)/\(name)")
    for position in 12..<bytes.count - 20 { bytes[position] = 0xFF }
    try workshop.replace("\(directory)/\(name)", with: bytes)
    let objects = try ObjectDatabase(objectsDirectory: "\(source)/objects")
    let main = try workshop.oid("-C", source, "for-each-ref", "--format=%(objectname)", "refs/heads/main")
    #expect(objects.contains(main))
    #expect(try code { _ = try objects.read(main) { _, _ in 0 } } == .objectCorrupt)
  }

  @Test("contains sees a new pack only after a refresh")
  func refreshes() throws {
    let workshop = try Workshop()
    let source = try workshop.repository()
    try workshop.git("init", "-q", "--bare", "x.git")
    let objects = try ObjectDatabase(objectsDirectory: "\(workshop.path)/x.git/objects")
    let main = try workshop.oid("-C", source, "rev-parse", "main")
    let bytes = try workshop.pack(of: source)
    _ = try index(bytes, in: "\(workshop.path)/x.git/objects/pack")
    #expect(!objects.contains(main))
    try objects.refresh()
    #expect(objects.contains(main))
  }

  @Test("a staged pack is read together with the repository that it is meant for")
  func addsPack() throws {
    let workshop = try Workshop()
    let source = try workshop.repository(commits: 8)
    try workshop.git("clone", "-q", "--bare", source, "copy.git")
    let old = try workshop.oid("-C", source, "rev-parse", "main")
    let new = try workshop.oid("-C", source, "commit-tree", "-p", "main", "-m", "new", "main^{tree}")
    let bytes = try workshop.gitBytes(["-C", source, "pack-objects", "--stdout", "-q"], input: Array("\(new)\n".utf8))
    let pack = try #require(try index(bytes, in: workshop.directory("staging")))
    let objects = try ObjectDatabase(objectsDirectory: "\(workshop.path)/copy.git/objects")
    #expect(!objects.contains(new))
    try objects.addPack(indexPath: pack.indexPath)
    #expect(objects.contains(new))
    var parents: [ObjectID] = []
    _ = try objects.read(new) { try CommitParser($1).forEachParent { parents.append($0) } }
    #expect(parents == [old])
    #expect(objects.contains(old))
  }

  @Test("a pack without its files is refused", arguments: [".idx", ".pack"])
  func addsNoHalfPack(missing: String) throws {
    let workshop = try Workshop()
    let pack = try #require(try index(workshop.pack(of: workshop.repository()), in: workshop.directory("staging")))
    try FileManager.default.removeItem(atPath: missing == ".idx" ? pack.indexPath : pack.packPath)
    let objects = try ObjectDatabase()
    #expect(try code { try objects.addPack(indexPath: pack.indexPath) } == .notFound)
  }

  @Test("a directory that is not there is not an empty database")
  func needsDirectory() throws {
    let workshop = try Workshop()
    #expect(try code { _ = try ObjectDatabase(objectsDirectory: "\(workshop.path)/nowhere") } == .notFound)
    #expect(try workshop.files(in: workshop.path) == [])
  }

  @Test("walking with the parsers finds exactly the objects that git lists")
  func walksLikeGit() throws {
    let workshop = try Workshop()
    let source = try workshop.repository(commits: 25)
    let objects = try ObjectDatabase(objectsDirectory: "\(source)/objects")
    var pending = [
      try workshop.oid("-C", source, "rev-parse", "main"), try workshop.oid("-C", source, "rev-parse", "v1"),
    ]
    var seen = Set(pending)
    func add(_ oid: ObjectID) { if seen.insert(oid).inserted { pending.append(oid) } }
    while let oid = pending.popLast() {
      let found: Void? = try objects.read(oid) { type, bytes in
        switch type {
        case .commit:
          let commit = try CommitParser(bytes)
          add(commit.tree)
          commit.forEachParent(add)
        case .tree:
          var tree = TreeParser(bytes)
          while let entry = try tree.next() { if !entry.isGitlink { add(entry.oid) } }
        case .tag: add(try TagParser(bytes).target)
        case .blob: break
        }
      }
      #expect(found != nil)
    }
    let listed = try workshop.git("-C", source, "rev-list", "--objects", "--no-object-names", "main", "v1")
    #expect(Set(seen.map(\.hex)) == Set(listed.split(separator: "\n").map(String.init)))
  }
}
