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
        try ReadingAids.writeMultiPackIndex(
          packDirectory: aids.packDirectory.string,
          indexes: aids.packs.map { aids.packDirectory.appending("\($0).idx").string })
      }
      try ReadingAids.writeCommitGraph(repository: layout.root.pathText, into: aids.infoDirectory.pathText)
      return nil
    } catch {
      return "\(error)"
    }
  }
}
