import DurableFiles
import Foundation
import Glibc
import Replication
import RepositoryReplication
import SystemPackage
import TestSupport
import Testing
import WorkerPool

/// Directories with what makes one a repository to a listing, and nothing else: by hard links, so that thousands are made in a
/// moment.
private struct SkeletonTree {
  private let directory: MemoryDirectory
  var root: FilePath { directory.path }

  init() throws {
    directory = try MemoryDirectory("remora-tree")
    try layPattern()
  }

  /// The files that all are made of.
  func layPattern() throws {
    let files = RealFileSystem()
    let pattern = root.appending(".remora-skeleton")
    try files.makeDirectories(pattern)
    for (name, text) in [("HEAD", "ref: refs/heads/main\n"), ("packed-refs", "# pack-refs with: sorted\n")] {
      let file = try files.create(pattern.appending(name), permissions: FilePermissions(rawValue: 0o644))
      try file.write(Array(text.utf8))
      try file.close()
    }
  }

  /// By plain calls: a debug build takes its time over paths.
  func add(_ path: String) throws {
    var parent = root.string
    for name in path.split(separator: "/") {
      parent += "/" + name
      mkdir(parent, 0o755)
    }
    for name in ["objects", "refs", "refs/heads", "refs/tags"] { mkdir("\(parent)/\(name)", 0o755) }
    for name in ["HEAD", "packed-refs"] {
      guard link("\(root)/.remora-skeleton/\(name)", "\(parent)/\(name)") == 0 else {
        throw TestSupportError("link \(name) in \(parent): \(errno)")
      }
    }
  }

  func catalog(
    _ files: any FileSystemPort = RealFileSystem(), allowedRoots: [FilePath] = []
  ) async throws -> DirectoryCatalog {
    try await CrashFixture.strategy(
      RepositoryPlace(root: root, allowedRoots: allowedRoots, files: files)
    ).catalog()
  }
}

@Suite("Catalog of repositories that is hard to make", .timeLimit(.minutes(10)))
struct CatalogFaultTests {
  @Test("many repositories are listed in order, with a few looks at each and no process")
  func large() async throws {
    let tree = try SkeletonTree()
    // A debug build takes some milliseconds for each, nearly all of it over paths.
    let count = PowerLossTests.isLong ? 3_000 : 600
    for number in 0..<count { try tree.add("g\(number % 10)/h\(number % 100)/r\(number).git") }
    // Looks: the listing and the status of the repository, HEAD, packed-refs, and two at each of refs/, heads/ and tags/.
    let looks = FaultyFileSystem(FaultPlan(call: 10 * count + 250, code: .ioError))
    let catalog = try await tree.catalog(looks)
    #expect(!looks.faultFired)
    #expect(catalog.isComplete && catalog.skipped.isEmpty && catalog.rows.count == count)
    #expect(zip(catalog.rows, catalog.rows.dropFirst()).allSatisfy { $0.id < $1.id })
    // The stamps of all change with the number of names that their one HEAD has; what they are recognised by does not.
    try tree.add("g0/late.git")
    let later = try await tree.catalog().rows.filter { $0.id.text != "g0/late" }
    #expect(later.map(\.identity) == catalog.rows.map(\.identity))
  }

  @Test("whatever cannot be read makes the listing incomplete, and takes nothing else with it")
  func unreadable() async throws {
    let tree = try SkeletonTree()
    for name in ["a.git", "b/c.git", "d.git"] { try tree.add(name) }
    let whole = try await tree.catalog()
    #expect(whole.isComplete && whole.rows.count == 3)
    var call = 2
    // The first look is at the root itself: without it there is no listing.
    while true {
      let files = FaultyFileSystem(FaultPlan(call: call, code: .permissionDenied))
      let catalog = try await tree.catalog(files)
      guard files.faultFired else { break }
      #expect(!catalog.isComplete && catalog.skipped.count == 1, "call \(call): \(catalog)")
      #expect(catalog.rows.allSatisfy { whole.rows.contains($0) })
      #expect(call == 2 || catalog.rows.count >= 2, "call \(call): \(catalog)")
      call += 1
    }
    #expect(call > 30)
    let nothing = FaultyFileSystem(FaultPlan(call: 1, code: .permissionDenied))
    await #expect(throws: StrategyError.self) { _ = try await tree.catalog(nothing) }
  }

  @Test("a half-made directory is not yet a repository, and nothing is looked for in it")
  func unfinished() async throws {
    let tree = try SkeletonTree()
    try tree.add("whole.git")
    for path in ["objects", "refs/heads"] {
      try RealFileSystem().makeDirectories(tree.root.pushing(FilePath("half/\(path)")))
    }
    try RealFileSystem().makeDirectories(tree.root.pushing("empty.git"))
    try tree.add("empty.git/inner.git")
    let catalog = try await tree.catalog()
    #expect(catalog.isComplete && catalog.rows.map(\.id.text) == ["whole"])
    // They are reported with what they lack, and nothing of what lies in them.
    #expect(Set(catalog.skipped.map(\.path)).isSubset(of: ["half", "empty.git"]), "\(catalog.skipped)")
    let strategy = CrashFixture.strategy(tree.root)
    #expect(try await strategy.presence(of: ReplicableID("empty")) == .unfinished)
  }

  @Test("of a deep tree only what lies too deep is left out")
  func deep() async throws {
    let tree = try SkeletonTree()
    try tree.add("a.git")
    let path = Array(repeating: "d", count: 70).joined(separator: "/")
    try tree.add(path + "/deep.git")
    try tree.add(String(path.prefix(2 * 60)) + "/high.git")
    let catalog = try await tree.catalog()
    #expect(catalog.rows.count == 2 && catalog.rows.contains { $0.id.text.hasSuffix("/high") })
    #expect(catalog.skipped.map(\.reason) == ["more than 64 directories deep"])
  }

  @Test("a name that is not UTF-8 is reported, for no id can represent it")
  func bytes() async throws {
    let tree = try SkeletonTree()
    try tree.add("a.git")
    let raw: [CChar] = "\(tree.root)/".utf8CString.dropLast() + [CChar(bitPattern: 0xff), 0]
    #expect(mkdir(raw, 0o755) == 0)
    let catalog = try await tree.catalog()
    #expect(catalog.isComplete && catalog.rows.count == 1)
    #expect(catalog.skipped.map(\.reason) == ["a name that is not UTF-8"])
  }

  @Test("a link is followed to allowed roots only, and once")
  func links() async throws {
    let (tree, other, third) = (try SkeletonTree(), try SkeletonTree(), try SkeletonTree())
    try tree.add("here.git")
    try other.add("x/there.git")
    try third.add("hidden.git")
    let links = [
      ("disk", other.root.string), ("twice", other.root.string), ("out", third.root.string),
      ("nowhere", "/nonexistent"),
    ]
    for (name, target) in links { #expect(symlink(target, "\(tree.root)/\(name)") == 0) }
    // A way round in a circle, and a second one: by these two alone there would be 2^64 paths.
    for name in ["x/up", "x/again"] { #expect(symlink(other.root.string, "\(other.root)/\(name)") == 0) }
    let catalog = try await tree.catalog(allowedRoots: [other.root])
    #expect(catalog.isComplete && catalog.rows.map(\.id.text) == ["disk/x/there", "here"])
    #expect(Set(catalog.skipped.map(\.path)) == ["disk/x/again", "disk/x/up", "nowhere", "out", "twice"])
  }

  @Test("what is not listed is not found either, whatever leads to it")
  func resolver() async throws {
    let (tree, other, third) = (try SkeletonTree(), try SkeletonTree(), try SkeletonTree())
    for name in ["here.git", "private/secret.git", "plain", "outer.d/x.git", "twice.git", "twice"] {
      try tree.add(name)
    }
    try tree.add("plain/refs/inner.git")
    try other.add("x/there.git")
    try third.add("hidden.git")
    let links = [
      ("disk", other.root.string), ("out", third.root.string), ("pub", "private"), ("deep/er", "../private"),
      ("link.git", "\(third.root)/hidden.git"), ("same.git", "here.git"), ("absolute.git", "\(tree.root)/here.git"),
      ("bare", "\(third.root)/hidden.git"), ("loop", "loop"), ("nowhere.git", "/nonexistent"), ("chain", "out"),
      ("dots.git", "\(other.root)/../\(third.root.lastComponent?.string ?? "")/hidden.git"),
    ]
    mkdir("\(tree.root)/deep", 0o755)
    for (name, target) in links { #expect(symlink(target, "\(tree.root)/\(name)") == 0) }
    #expect(FileManager.default.createFile(atPath: "\(tree.root)/file.git", contents: nil))
    let place = RepositoryPlace(root: tree.root, allowedRoots: [other.root])
    let strategy = CrashFixture.strategy(place)
    let listed = Set(try await strategy.catalog().rows.map(\.id.text))
    #expect(listed == ["disk/x/there", "here", "private/secret", "plain", "outer.d/x"])
    for id in listed {
      guard case .directory(let path) = try place.location(of: ReplicableID(id)) else {
        Issue.record("'\(id)' is listed and not found")
        continue
      }
      #expect(realpath(path.string, nil).map { String(cString: $0) } == path.string, "\(id): by a path without links")
      #expect(try await strategy.presence(of: ReplicableID(id)) != .unfinished)
    }
    for id in [
      "out/hidden", "pub/secret", "deep/er/secret", "link", "same", "absolute", "bare", "loop/a", "nowhere",
      "chain/hidden", "dots", "plain/refs/inner", "file", "none", "private", "here/none",
    ] {
      let location = try place.location(of: ReplicableID(id))
      if case .directory(let path) = location { Issue.record("'\(id)' is not listed and found at '\(path)'") }
      // What is a link to somewhere is not gone; what is not there is.
      let presence = try await strategy.presence(of: ReplicableID(id))
      #expect(presence == (location == .absent ? .absent : .unfinished), "\(id)")
      let error = await #expect(throws: StrategyError.self) { try await strategy.listing(of: ReplicableID(id)) }
      #expect(error?.code == .missing, "\(id)")
    }
    #expect(throws: StrategyError.self) { try place.location(of: ReplicableID("twice")) }
  }

  @Test("a root on another device is refused", .enabled(if: SmallDisk.isPossible, "only root may mount"))
  func device() async throws {
    let tree = try SkeletonTree()
    for name in ["a.git", "b.git"] { try tree.add(name) }
    let strategy = CrashFixture.strategy(tree.root)
    #expect(try await strategy.catalog().isComplete)
    #expect(try await strategy.presence(of: ReplicableID("c")) == .absent)
    let disk = try SmallDisk(at: tree.root.string, bytes: 1 << 20)
    defer { disk.unmount() }
    try tree.layPattern()
    try tree.add("a.git")
    let catalog = try await strategy.catalog()
    #expect(!catalog.isComplete && catalog.rows.map(\.id.text) == ["a"])
    let error = await #expect(throws: StrategyError.self) { _ = try await strategy.presence(of: ReplicableID("b")) }
    #expect(error?.disposition == .host)
  }

  @Test("an empty root says that something is gone only where something was seen")
  func emptied() async throws {
    let tree = try SkeletonTree()
    let id = try ReplicableID("a")
    let error = await #expect(throws: StrategyError.self) {
      _ = try await CrashFixture.strategy(tree.root).presence(of: id)
    }
    #expect(error?.disposition == .host && error?.message.contains("is its disk mounted?") == true)
    try tree.add("a.git")
    let strategy = CrashFixture.strategy(tree.root)
    #expect(try await strategy.presence(of: id) != .absent)
    try RealFileSystem().removeTree(tree.root.appending("a.git"))
    #expect(try await strategy.presence(of: id) == .absent)
  }

  @Test("no more than so many skipped names are held")
  func manySkipped() async throws {
    let tree = try SkeletonTree()
    try tree.add("a.git")
    for number in 0..<10_050 { #expect(symlink("x", "\(tree.root)/l\(number)") == 0) }
    let skipped = try await tree.catalog().skipped
    #expect(skipped.count == 10_001 && skipped.contains { $0.reason == "more were left out" })
  }
}
