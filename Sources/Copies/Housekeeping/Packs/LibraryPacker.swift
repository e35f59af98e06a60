internal import DurableFiles
internal import Git
internal import GitValues
internal import Mirroring
internal import SystemPackage
internal import WorkerPool

/// Makes packs with libgit2, where git is not installed: every delta is computed again, so it is slower and its packs
/// are larger than git's.
struct LibraryPacker: Packer {
  let layout: CopyLayout
  let files: any FileSystemPort
  let deadline: Deadline
  let cancellation: CancellationFlag

  func pack(_ packs: [String], loose: [ObjectID], into sink: any PackSink) throws {
    var oids: Set<ObjectID> = Set(loose)
    for name in packs {
      let contents = try PackContents(indexPath: layout.packs.appending("\(name).idx"))
      for place in 0..<contents.count { oids.insert(contents[place]) }
    }
    try write(oids, sink)
  }

  func packReachable(from tips: [ObjectID], into sink: any PackSink) throws {
    try write(try reachable(from: tips), sink)
  }

  func share(reachableFrom tips: [ObjectID], of packs: [PackInventory.Pack], packBytes: Int64) throws -> ReachableShare
  {
    var rest = try reachable(from: tips)
    var share = ReachableShare(reachable: 0, all: packBytes)
    for pack in packs {
      let index = layout.packs.appending("\(pack.name).idx")
      let contents = try PackContents(indexPath: index)
      let status = try files.status(of: layout.packs.appending("\(pack.name).pack"))
      let sizes = try PackedSizes(index: index, packBytes: status?.size ?? 0, count: contents.count, through: files)
      for place in 0..<contents.count {
        // Of an object in two packs one is enough.
        if rest.remove(contents[place]) != nil { share.reachable += sizes.bytes[place] }
      }
    }
    return share
  }

  private func reachable(from tips: [ObjectID]) throws -> Set<ObjectID> {
    let objects = try ObjectDatabase(objectsDirectory: layout.objects.pathText)
    return try ReachableObjects.find(from: tips, in: objects, checkTime)
  }

  private func write(_ oids: Set<ObjectID>, _ sink: any PackSink) throws {
    do {
      let builder = try PackBuilder(
        ObjectDatabase(objectsDirectory: layout.objects.pathText), checkpoint: checkTime)
      for oid in oids { try builder.insert(oid) }
      try builder.write { try sink.receive($0) }
    } catch let failure as PackBuilder.Failure {
      throw failure.error
    }
  }

  private func checkTime() throws {
    try cancellation.check()
    guard !deadline.hasPassed else { throw HousekeepingFailure.timeout("housekeep '\(layout.root)'") }
  }

  func describe(_ aids: DescribedPacks) throws -> String? {
    do throws(GitError) {
      if !aids.packs.isEmpty {
        try ReadAccelerators.writeMultiPackIndex(
          packDirectory: aids.packDirectory.string,
          indexes: aids.packs.map { aids.packDirectory.appending("\($0).idx").string })
      }
      try ReadAccelerators.writeCommitGraph(repository: layout.root.pathText, into: aids.infoDirectory.pathText)
      return nil
    } catch {
      return "\(error)"
    }
  }
}

/// How many bytes of a pack each of its objects takes, in the order of its index.
///
/// From the offsets in the index: an object reaches to where the next one begins. Format: gitformat-pack(5), "Version 2
/// pack-*.idx files": after the oids a checksum of 4 bytes each, an offset of 4 bytes each, and 8 bytes for those that
/// need them.
struct PackedSizes {
  let bytes: [Int64]

  /// - Throws: when the index is shorter than `count` objects need.
  init(index: FilePath, packBytes: Int64, count: Int, through files: any FileSystemPort) throws {
    let content = try files.contents(of: index, limit: CopyLayout.maximumFileBytes) ?? []
    let offsetsStart = 8 + 256 * 4 + count * (20 + 4)
    let largeStart = offsetsStart + count * 4
    let offsets = content.withUnsafeBytes { content -> [Int64]? in
      guard content.count >= largeStart else { return nil }
      var offsets: [Int64] = []
      offsets.reserveCapacity(count)
      for place in 0..<count {
        let word = UInt32(bigEndian: content.loadUnaligned(fromByteOffset: offsetsStart + place * 4, as: UInt32.self))
        guard word & 1 << 31 != 0 else {
          offsets.append(Int64(word))
          continue
        }
        let start = largeStart + Int(word & ~(1 << 31)) * 8
        guard content.count >= start + 8 else { return nil }
        let large = UInt64(bigEndian: content.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        offsets.append(Int64(clamping: large))
      }
      return offsets
    }
    guard let offsets else {
      throw MirrorError(.destinationDamaged, "read the index '\(index)': it is too short", hint: "look with 'git fsck'")
    }
    var sizes = [Int64](repeating: 0, count: count)
    var end = packBytes - Self.trailerBytes
    for place in offsets.indices.sorted(by: { offsets[$0] > offsets[$1] }) {
      sizes[place] = max(0, end - offsets[place])
      end = offsets[place]
    }
    bytes = sizes
  }

  /// The pack's checksum at its end.
  private static let trailerBytes: Int64 = 20
}

/// All that some objects reach.
enum ReachableObjects {
  /// Walks from the tips, themselves included. Submodule entries name nothing of this repository.
  ///
  /// - Parameter report: called now and then; may throw to cancel.
  /// - Throws: `ConnectivityCheck.Missing` when something is not there, `GitError` when it is damaged.
  static func find(
    from tips: [ObjectID], in objects: ObjectDatabase, _ report: () throws -> Void
  ) throws -> Set<ObjectID> {
    var seen: Set<ObjectID> = []
    var pending: [(oid: ObjectID, neededBy: ObjectID?)] = tips.map { ($0, nil) }
    while let (oid, needer) = pending.popLast() {
      guard seen.insert(oid).inserted else { continue }
      if seen.count.isMultiple(of: 1_024) { try report() }
      let read: Void? = try objects.read(oid) { type, bytes in
        switch type {
        case .blob: break
        case .tag: pending.append((try TagParser(bytes).target, oid))
        case .commit:
          let commit = try CommitParser(bytes)
          pending.append((commit.tree, oid))
          commit.forEachParent { pending.append(($0, oid)) }
        case .tree:
          var parser = TreeParser(bytes)
          while let entry = try parser.next() {
            if !entry.isGitlink { pending.append((entry.oid, oid)) }
          }
        }
      }
      guard read != nil else { throw ConnectivityCheck.Missing(oid: oid, neededBy: needer) }
    }
    return seen
  }
}
