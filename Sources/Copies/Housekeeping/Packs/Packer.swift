internal import DurableFiles
internal import GitCommand
internal import GitValues
internal import Mirroring
internal import WorkerPool

/// What makes packs out of what a copy has.
protocol Packer {
  /// All objects of these packs, and these loose ones.
  func pack(_ packs: [String], loose: [ObjectID], into sink: any PackSink) throws

  /// All that these objects reach, themselves included.
  func packReachable(from tips: [ObjectID], into sink: any PackSink) throws

  /// How much of these packs the objects reach.
  ///
  /// - Parameter packBytes: of the packs together, without their indexes.
  func share(reachableFrom tips: [ObjectID], of packs: [PackInventory.Pack], packBytes: Int64) throws -> ReachableShare

  /// Writes into `aids`, an objects directory that has the packs to be described under their names, whatever helps
  /// readers: `pack/multi-pack-index` with its bitmap, `info/commit-graph`. One that could not be written is simply not
  /// there.
  ///
  /// - Returns: what went wrong, for a warning.
  func describe(_ aids: DescribedPacks) throws -> String?
}

/// How much of a copy its refs, HEAD and dropped log need, in bytes of packs.
struct ReachableShare {
  var reachable: Int64
  var all: Int64

  /// Less than half is reachable: the copy is repacked.
  var isSmall: Bool { reachable < all - reachable }
}

enum PackerChoice {
  /// git where it is installed: it takes deltas over as they are and writes bitmaps. libgit2 otherwise.
  static func packer(
    for layout: CopyLayout, through files: any FileSystemPort, in variables: [String: String], deadline: Deadline,
    cancellation: CancellationFlag
  ) -> any Packer {
    if let git = GitProgram(in: variables) {
      return GitPacker(layout: layout, git: git, deadline: deadline, cancellation: cancellation)
    }
    return LibraryPacker(layout: layout, files: files, deadline: deadline, cancellation: cancellation)
  }
}

/// Takes the bytes of a pack that is being made.
protocol PackSink: AnyObject {
  func receive(_ part: UnsafeRawBufferPointer) throws
}
