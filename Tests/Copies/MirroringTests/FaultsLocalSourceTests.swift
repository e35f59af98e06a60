import Foundation
import GitTransport
import Mirroring
import TestSupport
import Testing

@Suite("A source that is none", .timeLimit(.minutes(10))) struct FaultsLocalSourceTests {
  /// What stands where the source should be.
  enum Place: String, CaseIterable, Sendable { case nothing, file, emptyDirectory, directoryWithoutHead, locked }

  @Test("is named, and nothing is written", arguments: Place.allCases)
  func places(place: Place) async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let path = harness.directory.path("elsewhere/there.git")
      let code: String
      switch place {
      case .nothing: code = "source_not_found"
      case .file:
        code = "source_not_a_repository"
        try harness.directory.write("not a repository\n", to: "elsewhere/there.git")
      case .emptyDirectory:
        code = "source_not_a_repository"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      case .directoryWithoutHead:
        code = "source_not_a_repository"
        try harness.directory.write("[core]\n", to: "elsewhere/there.git/config")
      case .locked:
        code = "source_access_denied"
        try GitCommand().run("init", "-q", "--bare", path)
        chmod(harness.directory.path("elsewhere"), 0o700)
        // Everything else stays within reach.
        chmod(harness.directory.path, 0o755)
        if geteuid() != 0 { chmod(harness.directory.path("elsewhere"), 0) }
        try FileSystemUser.withoutPrivileges { try harness.expectFailure(code, saying: [path], source: path) }
        chmod(harness.directory.path("elsewhere"), 0o700)
        return
      }
      try harness.expectFailureEverywhere(code, saying: [path], source: path)
    }
  }

  @Test("shallow: named as the cause, nothing written", arguments: SourceTransport.allCases)
  func shallow(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport, configuration: MirrorHarness.impatient()) { harness in
      try harness.smallSource()
      let path = harness.directory.path("shallow.git")
      try GitCommand().run("clone", "-q", "--bare", "--depth=1", "file://\(harness.sourcePath)", path)
      let url = harness.url(of: path)
      // Version 2 says it only in its answer to a fetch: where nothing is missing, nothing is cut off either.
      if transport.isFarAway, transport.speaksVersion2 {
        try harness.expectFailure("source_shallow", saying: ["shallow"], source: url)
      } else {
        try harness.expectFailureEverywhere("source_shallow", saying: ["shallow"], source: url)
      }
    }
  }

  @Test("of SHA-256: named as the cause, nothing written", arguments: SourceTransport.allCases, [false, true])
  func objectFormat(transport: SourceTransport, isEmpty: Bool) async throws {
    // Before git 2.41 version 0 has no word for the format of a repository without refs.
    if transport == .httpVersion0 && isEmpty { return }
    try await MirrorHarness.run(transport, configuration: MirrorHarness.impatient()) { harness in
      let path = harness.directory.path("other.git")
      try GitCommand().run("init", "-q", "--bare", "--object-format=sha256", path)
      if !isEmpty {
        let git = GitCommand(in: path)
        let tree = try git.run("mktree", input: []).text
        let commit = try git.run("commit-tree", "-m", "Change", tree).text
        try git.run("update-ref", "refs/heads/main", commit)
      }
      try harness.expectFailureEverywhere(
        "unsupported_object_format", saying: ["SHA-256"], source: harness.url(of: path))
    }
  }

  @Test("a git that says nothing ends the run by the silence timeout")
  func silentChild() async throws {
    let place = try TemporaryDirectory("git")
    let program = try place.write("#!/bin/sh\nexec sleep 600\n", to: "git")
    chmod(program, 0o755)
    var configuration = MirrorHarness.impatient(silence: .seconds(1))
    configuration.gitExecutable = program
    try await MirrorHarness.run(configuration: configuration) { harness in
      try harness.smallSource()
      try harness.expectFailure("timeout")
    }
    withExtendedLifetime(place) {}
  }

  @Test(
    "a git that complains and dies is quoted without its escapes",
    arguments: [("exit 3", "connection_lost"), ("kill -9 $$", "connection_lost")])
  func dyingChild(end: String, code: String) async throws {
    let place = try TemporaryDirectory("git")
    let program = try place.write(
      "#!/bin/sh\nprintf '\\033[31mfatal: \\033]0;x\\007out of luck\\n' >&2\n\(end)\n", to: "git")
    chmod(program, 0o755)
    var configuration = MirrorHarness.impatient()
    configuration.gitExecutable = program
    try await MirrorHarness.run(configuration: configuration) { harness in
      try harness.smallSource()
      try harness.expectFailure(code, saying: end.hasPrefix("exit") ? ["fatal: out of luck"] : ["signal 9"])
    }
    withExtendedLifetime(place) {}
  }

  @Test(
    "without git, what only git can determine is left to it by name",
    arguments: ["transfer.hideRefs", "uploadpack.hideRefs"])
  func hiddenWithoutGit(setting: String) async throws {
    try await MirrorHarness.run(.pathWithoutGit, configuration: MirrorHarness.impatient()) { harness in
      try harness.smallSource()
      try harness.git(in: harness.sourcePath).run("config", setting, "refs/hidden")
      try harness.expectFailure("git_missing", saying: ["install git"])
    }
  }

  @Test("without git, a linked work tree is left to it by name")
  func linkedWithoutGit() async throws {
    try await MirrorHarness.run(.pathWithoutGit, configuration: MirrorHarness.impatient()) { harness in
      try harness.smallSource()
      let path = harness.directory.path("linked")
      try harness.git(in: harness.sourcePath).run("worktree", "add", "-q", "--detach", path)
      try harness.expectFailure("git_missing", saying: ["install git"], source: path)
    }
  }
}
