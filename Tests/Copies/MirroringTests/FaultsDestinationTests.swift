import DurableFiles
import Foundation
import Mirroring
import SystemPackage
import TestSupport
import Testing
import WorkerPool

@Suite("A destination that cannot be a copy", .timeLimit(.minutes(10))) struct FaultsDestinationTests {
  /// What stands at the destination.
  struct Obstacle: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: String
    let words: [String]
    let make: @Sendable (MirrorHarness) throws -> Void

    init(
      _ title: String, _ code: String, saying words: String..., make: @escaping @Sendable (MirrorHarness) throws -> Void
    ) {
      testDescription = title
      self.code = code
      self.words = words
      self.make = make
    }
  }

  static let obstacles: [Obstacle] = [
    Obstacle("a file", "destination_not_a_directory") { try $0.directory.write("mine\n", to: "copies/copy.git") },
    Obstacle("a link to nowhere", "destination_not_a_directory") {
      symlink("/nonexistent/place", $0.copyPath)
    },
    Obstacle("a directory with something in it", "destination_not_empty") {
      try $0.directory.write("mine\n", to: "copies/copy.git/thesis.txt")
    },
    Obstacle("a repository with a work tree", "destination_not_empty") {
      try GitCommand().run("init", "-q", $0.copyPath)
    },
    Obstacle("a bare repository of somebody else", "destination_not_a_copy", saying: "--adopt") {
      try GitCommand().run("clone", "-q", "--bare", $0.sourcePath, $0.copyPath)
    },
    Obstacle("an empty bare repository", "destination_not_a_copy") {
      try GitCommand().run("init", "-q", "--bare", $0.copyPath)
    },
    Obstacle("a mirror clone of another source", "destination_not_a_copy") {
      try GitCommand().run("clone", "-q", "--mirror", $0.sourcePath, $0.copyPath)
      try $0.copy.run("config", "remote.origin.url", "/some/where/else.git")
    },
    Obstacle("a copy of another source", "destination_other_source", saying: "/another.git") {
      try $0.makeCopy(claimingToBeOf: "/another.git")
    },
    Obstacle("a shallow copy", "destination_shallow", saying: "shallow") {
      try $0.makeCopy(claimingToBeOf: $0.sourcePath)
      try $0.plant(try $0.copy.run("rev-parse", "main").text + "\n", at: "shallow")
    },
    Obstacle("a copy that borrows objects", "destination_borrowing", saying: "alternates") {
      try $0.makeCopy(claimingToBeOf: $0.sourcePath)
      try $0.plant("\($0.sourcePath)/objects\n", at: "objects/info/alternates")
    },
    Obstacle("a grafted copy", "destination_grafted", saying: "graft") {
      try $0.makeCopy(claimingToBeOf: $0.sourcePath)
      try $0.plant(try $0.copy.run("rev-parse", "main").text + "\n", at: "info/grafts")
    },
    Obstacle("a partial clone", "destination_partial", saying: "partial") {
      try $0.makeCopy(claimingToBeOf: $0.sourcePath)
      try $0.copy.run("config", "remote.origin.promisor", "true")
    },
    Obstacle("a SHA-256 repository", "destination_unsupported", saying: "sha256") {
      try GitCommand().run("init", "-q", "--bare", "--object-format=sha256", $0.copyPath)
    },
    Obstacle("a repository of an unknown format", "destination_unsupported") {
      try $0.makeCopy(claimingToBeOf: $0.sourcePath)
      try $0.copy.run("config", "core.repositoryformatversion", "9")
    },
    Obstacle("a copy whose config cannot be read", "destination_damaged") {
      try $0.makeCopy(claimingToBeOf: $0.sourcePath)
      try $0.plant("[core\nbare = maybe", at: "config")
    },
  ]

  @Test("is refused by name and left as it is", arguments: obstacles)
  func refused(obstacle: Obstacle) async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try harness.smallSource()
      try obstacle.make(harness)
      try harness.expectFailure(obstacle.code, saying: obstacle.words + ["copy.git"])
    }
  }

  @Test(
    "of another user is refused: the owner of a repository decides what its configuration does",
    .enabled(if: geteuid() == 0, "only root may give files away"))
  func otherOwner() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try harness.smallSource()
      try harness.mirrorExactly()
      chown(harness.copyPath, FileSystemUser.nobody, FileSystemUser.nobody)
      try harness.expectFailure("destination_not_owned", saying: ["65534"])
    }
  }

  @Test("in a directory where we may not write is reported")
  func unwritable() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try harness.smallSource()
      // Readable for the one without privileges, and no more.
      chmod(harness.directory.path, 0o755)
      let parent = harness.directory.path("copies")
      chmod(parent, 0o555)
      defer { chmod(parent, 0o755) }
      try FileSystemUser.withoutPrivileges {
        try harness.expectFailure("destination_unwritable", saying: ["copies"])
      }
    }
  }

  @Test("that became unwritable is reported, and the copy stays as it was")
  func unwritableCopy() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      try harness.mirrorExactly()
      try source.change { $0.branch("new", at: $0.commit(["new": "new\n"])) }
      chmod(harness.directory.path, 0o755)
      let own = "\(harness.copyPath)/remora"
      chmod(own, 0o555)
      chmod("\(own)/lock", 0o666)
      try FileSystemUser.withoutPrivileges { try harness.expectFailure("destination_unwritable", saying: ["copy.git"]) }
      chmod(own, 0o755)
      try harness.mirrorExactly()
    }
  }

  @Test("that another run works on is busy")
  func busy() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      try harness.mirrorExactly()
      try source.change { $0.branch("new", at: $0.commit(["new": "new\n"])) }
      let lock = try OwnerLock.acquire(path: harness.layout.ownerLock, wait: .zero)
      try harness.expectFailure("busy", saying: ["locked by", "\(getpid())"])
      // A run that may wait gets the copy as soon as the other releases it.
      var request = try harness.request()
      request.wait = .seconds(60)
      let environment = harness.environment()
      let isRunning = Monitor(false)
      OwnThread.start(named: "owner") {
        _ = isRunning.wait(atMost: .seconds(30)) { $0 }
        lock.release()
      }
      isRunning.with { $0 = true }
      let outcome = MirrorRun(request, environment: environment, cancellation: CancellationFlag()).execute()
      #expect(outcome.status == .updated)
      try harness.expectExact(outcome)
    }
  }

  @Test("that another run is making is busy, and left to it")
  func busyFirstCopy() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try harness.smallSource()
      let building = CopyLayout(root: FilePath(harness.directory.path("copies/.remora-copy.git")))
      try RealFileSystem().makeDirectories(building.own)
      let lock = try OwnerLock.acquire(path: building.ownerLock, wait: .zero)
      try harness.expectFailure("busy", saying: ["locked by"])
      lock.release()
      // What a dead run left there is no obstacle.
      try harness.directory.write("half a pack", to: "copies/.remora-copy.git/objects/pack/tmp")
      try harness.mirrorExactly()
    }
  }
}
