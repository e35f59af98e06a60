internal import GitCommand
internal import GitValues
internal import Mirroring
internal import SystemPackage

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
