import Foundation
import Git
import GitValues
import Testing

@Suite("PackIndexer")
struct PackIndexerTests {
  @Test(
    "a pack from git comes out with the index that git writes, whatever the size of the parts",
    arguments: [1, 7, 4096, 1 << 22])
  func indexes(partSize: Int) throws {
    let workshop = try Workshop()
    let bytes = try workshop.pack(of: workshop.repository(commits: 30))
    let staging = try workshop.directory("staging")
    let pack = try #require(try index(bytes, in: staging, partSize: partSize))
    #expect(pack.objectCount == 30 * 6 + 1)
    try workshop.git("index-pack", "-o", "\(workshop.path)/referee.idx", pack.packPath)
    #expect(try workshop.bytes(of: pack.indexPath) == workshop.bytes(of: "\(workshop.path)/referee.idx"))
    #expect(try workshop.bytes(of: pack.packPath) == bytes)
    #expect(try workshop.files(in: staging) == ["pack-\(pack.name).idx", "pack-\(pack.name).pack"])
    for path in [pack.packPath, pack.indexPath] {
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode.map { $0 & 0o222 } == 0)
    }
  }

  @Test("a pack without objects is no error, no pack, and no file")
  func empty() throws {
    let workshop = try Workshop()
    let staging = try workshop.directory("staging")
    #expect(try index(PackBuilder().bytes(workshop: workshop), in: staging) == nil)
    #expect(try workshop.files(in: staging) == [])
  }

  enum Damage: CaseIterable {
    case noByte, halfHeader, noTrailer, halfTrailer, cutInTheMiddle, wrongTrailer, garbageBehind, notAPack, version3
    case fewerThanDeclared, moreThanDeclared, thin, duplicateByRefDelta, duplicateBlob, deltaOnItself
    case longerThanDeclared, shorterThanDeclared
  }

  private func damaged(_ damage: Damage, _ workshop: Workshop) throws -> [UInt8] {
    let repository = try workshop.repository(commits: 10)
    let good = try workshop.pack(of: repository)
    var builder = PackBuilder()
    builder.addBlob(Array("0123456789".utf8))
    switch damage {
    case .noByte: return []
    case .halfHeader: return Array(good.prefix(6))
    case .noTrailer: return good.dropLast(20)
    case .halfTrailer: return good.dropLast(10)
    case .cutInTheMiddle: return Array(good.prefix(good.count / 2))
    case .wrongTrailer: return good.dropLast() + [good[good.count - 1] ^ 1]
    case .garbageBehind: return good + Array("garbage".utf8)
    case .notAPack: return Array("PUCK".utf8) + good.dropFirst(4)
    case .version3: return Array(good.prefix(4)) + [0, 0, 0, 3] + good.dropFirst(8)
    case .fewerThanDeclared: return try builder.bytes(declared: 2, workshop: workshop)
    case .moreThanDeclared:
      builder.addBlob([1])
      return try builder.bytes(declared: 1, workshop: workshop)
    case .thin: return try workshop.pack(of: repository, thinAgainst: "main~2")
    case .duplicateByRefDelta:
      // libgit2 with a database behind its indexer never returns from this one.
      let base = try Workshop.blobID(Array("0123456789".utf8))
      builder.addRefDelta(base: base, PackBuilder.delta(from: 10, to: Array("0123456789".utf8)))
    // libgit2 files the first under an id that cannot be read back.
    case .longerThanDeclared: builder.addBlob(Array("longer than that".utf8), declaring: 4)
    case .shorterThanDeclared: builder.addBlob(Array("short".utf8), declaring: 40)
    case .duplicateBlob: builder.addBlob(Array("0123456789".utf8))
    case .deltaOnItself:
      let own = try Workshop.blobID(Array("abc".utf8))
      builder.addRefDelta(base: own, PackBuilder.delta(from: 3, to: Array("abc".utf8)))
    }
    return try builder.bytes(workshop: workshop)
  }

  @Test("a pack that is not whole, sound and self-contained is corrupt and leaves nothing", arguments: Damage.allCases)
  func refusesDamage(damage: Damage) throws {
    let workshop = try Workshop()
    let staging = try workshop.directory("staging")
    let bytes = try damaged(damage, workshop)
    let isThin = [.thin, .duplicateByRefDelta, .deltaOnItself].contains(damage)
    #expect(try code { _ = try index(bytes, in: staging, partSize: 100) } == (isThin ? .packThin : .packCorrupt))
    #expect(try workshop.files(in: staging) == [])
  }

  @Test("no changed byte goes unnoticed")
  func refusesChangedBytes() throws {
    let workshop = try Workshop()
    let staging = try workshop.directory("staging")
    let good = try workshop.pack(of: workshop.repository(commits: 4))
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<200 {
      var bytes = good
      let position = Int.random(in: 12..<bytes.count, using: &generator)
      bytes[position] ^= UInt8.random(in: 1...255, using: &generator)
      #expect(try code { _ = try index(bytes, in: staging) } == .packCorrupt, "byte \(position)")
    }
    #expect(try workshop.files(in: staging) == [])
  }

  @Test(
    "an object count over the limit is refused before there is any object", arguments: [UInt32.max, 50_000_001, 11])
  func limitsObjects(count: UInt32) throws {
    let workshop = try Workshop()
    let staging = try workshop.directory("staging")
    let bytes = try PackBuilder().bytes(declared: count, workshop: workshop)
    let limit = count == 11 ? 10 : Int.max
    #expect(try code { _ = try index(bytes, in: staging, maximumObjects: limit) } == .limitExceeded)
    #expect(try workshop.files(in: staging) == [])
  }

  struct Stop: Error, Equatable { let reason: String }

  @Test("what the progress closure throws comes out, while receiving and while resolving", arguments: [false, true])
  func cancels(whileResolving: Bool) throws {
    let workshop = try Workshop()
    let staging = try workshop.directory("staging")
    let bytes = try workshop.pack(of: workshop.repository(commits: 30))
    #expect(throws: Stop(reason: "enough")) {
      _ = try index(bytes, in: staging) { progress in
        if whileResolving ? progress.indexedDeltas == 2 : progress.receivedObjects == 2 { throw Stop(reason: "enough") }
      }
    }
    #expect(try workshop.files(in: staging) == [])
  }

  @Test("progress counts up to the whole pack")
  func reports() throws {
    let workshop = try Workshop()
    let bytes = try workshop.pack(of: workshop.repository(commits: 30))
    var last: PackProgress?
    _ = try index(bytes, in: workshop.directory("staging")) { last = $0 }
    let progress = try #require(last)
    #expect(progress.totalObjects == 181)
    #expect(progress.receivedObjects == 181)
    #expect(progress.indexedObjects == 181)
    #expect(progress.totalDeltas > 0)
    #expect(progress.indexedDeltas == progress.totalDeltas)
  }

  @Test("after an error every call throws the same one")
  func staysFailed() throws {
    let workshop = try Workshop()
    var indexer = try PackIndexer(stagingDirectory: workshop.directory("staging"))
    var errors: [GitError] = []
    for text in ["this is no pack at all", "nor is this"] {
      do {
        try Array(text.utf8).withUnsafeBytes { try indexer.append($0) }
      } catch let error as GitError {
        errors.append(error)
      }
    }
    do {
      _ = try indexer.commit()
    } catch let error as GitError {
      errors.append(error)
    }
    #expect(errors.count == 3)
    #expect(Set(errors).count == 1)
    #expect(errors.first?.code == .packCorrupt)
  }

  @Test("a failed pack takes no other with it, not even its twin", arguments: [false, true])
  func sparesOthers(interrupting: Bool) throws {
    let workshop = try Workshop()
    let staging = try workshop.directory("staging")
    let bytes = try workshop.pack(of: workshop.repository())
    _ = try index(bytes, in: staging)
    let before = try workshop.files(in: staging)
    let interruption = IndexerInterruption()
    #expect(throws: GitError.self) {
      _ = try index(interrupting ? bytes : bytes.dropLast(), in: staging, interruption: interruption) { _ in
        if interrupting { interruption.interrupt() }
      }
    }
    #expect(try workshop.files(in: staging) == before)
  }

  @Test("a missing staging directory is an error")
  func needsDirectory() throws {
    let workshop = try Workshop()
    #expect(throws: GitError.self) { _ = try PackIndexer(stagingDirectory: "\(workshop.path)/nowhere") }
  }
}
