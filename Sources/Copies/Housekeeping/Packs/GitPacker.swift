internal import GitCommand
internal import GitValues
internal import Mirroring
internal import SystemPackage
internal import WorkerPool

/// Makes packs with `git pack-objects`, one thread, its output into our own indexer: nothing of it ever writes into the
/// copy.
struct GitPacker: Packer {
  let layout: CopyLayout
  let git: GitProgram
  let deadline: Deadline
  let cancellation: CancellationFlag

  /// `pack.threads`: a machine that also serves clients keeps its cores. A gigabyte of window is enough for all but
  /// blobs that are better left as they are.
  private static let bounds = [
    "-c", "pack.threads=1", "-c", "pack.windowMemory=256m", "-c", "core.bigFileThreshold=64m",
  ]

  func pack(_ packs: [String], loose: [ObjectID], into sink: any PackSink) throws {
    var arguments = ["--stdin-packs"]
    if !loose.isEmpty { arguments.append("--unpacked") }
    try packObjects(arguments, packs.map { "\($0).pack" }, sink)
  }

  func packReachable(from tips: [ObjectID], into sink: any PackSink) throws {
    // Without bitmaps: an old one may come from another program.
    try packObjects(["--revs", "--no-use-bitmap-index"], tips.map(\.hex), sink)
  }

  private func packObjects(_ arguments: [String], _ lines: [String], _ sink: any PackSink) throws {
    try run(
      ["pack-objects", "--stdout", "--delta-base-offset", "-q"] + arguments, lines: lines
    ) { try sink.receive($0) }
  }

  func share(reachableFrom tips: [ObjectID], of packs: [PackInventory.Pack], packBytes: Int64) throws -> ReachableShare
  {
    var text: [UInt8] = []
    try run(["rev-list", "--objects", "--disk-usage", "--use-bitmap-index", "--stdin"], lines: tips.map(\.hex)) {
      text += $0
    }
    guard let bytes = Int64(String(decoding: text, as: UTF8.self).prefix { $0.isNumber }) else {
      throw failed("rev-list", "it did not tell a number of bytes")
    }
    return ReachableShare(reachable: bytes, all: packBytes)
  }

  /// - Throws: `MirrorError` with git's own words when it fails.
  private func run(_ arguments: [String], lines: [String], take: (UnsafeRawBufferPointer) throws -> Void) throws {
    let ending = try git.run(
      Self.bounds + ["--git-dir=\(layout.root.pathText)"] + arguments,
      input: Array(lines.map { $0 + "\n" }.joined().utf8),
      deadline: deadline, cancellation: cancellation, take: take)
    guard ending.isSuccess else { throw failed(arguments[0], ending.errorText) }
  }

  func failed(_ command: String, _ errorText: String) -> MirrorError {
    MirrorError(
      .housekeepingFailed, "housekeep '\(layout.root)': git \(command): \(errorText)",
      hint: "the copy is sound; look at it with 'git fsck'")
  }
}

extension GitPacker {
  func describe(_ aids: DescribedPacks) throws -> String? {
    var complaints: [String] = []
    if !aids.packs.isEmpty {
      let preferred = aids.preferred.map { ["--preferred-pack=\($0).pack"] } ?? []
      let write = ["multi-pack-index", "write", "--no-progress"] + preferred
      // A bitmap wants every object that a ref reaches in these packs: without one where some are loose.
      let hasBitmap = aids.hasLooseObjects ? false : try run(write + ["--bitmap"], aids) == nil
      if !hasBitmap, let complaint = try run(write, aids) { complaints.append(complaint) }
    }
    if let complaint = try run(["commit-graph", "write", "--reachable", "--no-progress"], aids) {
      complaints.append(complaint)
    }
    return complaints.isEmpty ? nil : complaints.joined(separator: "; ")
  }

  /// - Returns: what went wrong.
  private func run(_ arguments: [String], _ aids: DescribedPacks) throws -> String? {
    var variables = ["GIT_OBJECT_DIRECTORY": aids.root.pathText]
    if aids.hasLooseObjects { variables["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = layout.objects.pathText }
    let ending = try git.run(
      // libgit2 1.5.1 reads no commit-graph with the second kind of generation numbers.
      ["-c", "pack.threads=1", "-c", "commitGraph.generationVersion=1", "--git-dir=\(layout.root.pathText)"]
        + arguments,
      variables: variables, deadline: deadline, cancellation: cancellation)
    return ending.isSuccess ? nil : "git \(arguments[0]): \(ending.errorText)"
  }
}
