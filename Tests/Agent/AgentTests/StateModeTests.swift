import Foundation
import TestSupport
import Testing

@testable import Agent

/// Who may write the state and the configuration, and who can reach the hooks' socket.
@Suite("Modes of state and configuration", .enabled(if: geteuid() == 0, "only root gives files to other users"))
struct StateModeTests {
  let fixture: ConfigurationFixture
  private var state: String { fixture.directory.path("var/lib/remora") }

  init() throws {
    fixture = try ConfigurationFixture()
    try FileManager.default.createDirectory(
      atPath: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    // The attributes are given to the directories above as well.
    for above in [fixture.directory.path, fixture.directory.path("var"), fixture.directory.path("var/lib")] {
      #expect(chmod(above, 0o755) == 0)
    }
  }

  private func complaints(_ more: String = "") -> [String] { fixture.complaints(ConfigurationFixture.primary + more) }

  @Test(
    "a state directory that others may write to is refused, one that they may read is not",
    arguments: [
      (0o700, true), (0o750, true), (0o755, true), (0o711, true), (0o770, false), (0o707, false), (0o777, false),
    ] as [(mode_t, Bool)])
  func stateModes(mode: mode_t, isTaken: Bool) throws {
    #expect(chmod(state, mode) == 0)
    #expect(complaints().isEmpty == isTaken, "\(complaints())")
    if !isTaken {
      #expect(complaints()[0].contains("state: others may write to") && complaints()[0].contains("chmod go-w"))
    }
  }

  @Test("and so is each file in it that the agent writes, and no other")
  func stateFiles() throws {
    for name in StateContents.names where !["spool", "admin.sock", "events.sock"].contains(name) {
      let path = try fixture.directory.write("", to: "var/lib/remora/\(name)")
      #expect(chmod(path, 0o666) == 0)
      #expect(complaints().count == 1 && complaints()[0].contains("/\(name)'"), "\(name): \(complaints())")
      try FileManager.default.removeItem(atPath: path)
    }
    let other = try fixture.directory.write("", to: "var/lib/remora/notes")
    #expect(chmod(other, 0o666) == 0)
    #expect(complaints().isEmpty)
  }

  @Test(
    "a configuration that is writable by all is refused",
    arguments: [
      (0o600, true), (0o640, true), (0o644, true), (0o664, true), (0o646, false), (0o666, false),
    ] as [(mode_t, Bool)])
  func configurationModes(mode: mode_t, isTaken: Bool) throws {
    let path = try fixture.directory.write(fixture.here(ConfigurationFixture.primary), to: "remora.yaml")
    #expect(chmod(path, mode) == 0)
    #expect(((try? AgentConfiguration.read(path, environment: [:])) != nil) == isTaken)
    #expect((try? AgentConfiguration.readText(path, environment: [:])) != nil, "hooks only look where the agent is")
  }

  // MARK: The hook group

  /// A group that every Debian has, and that no test runs as.
  private static let group = "games"
  private static let number: gid_t = 60

  @Test("a closed state directory of the agent's own is opened for the group, and for no one else")
  func opened() throws {
    #expect(chmod(state, 0o700) == 0)
    #expect(complaints("hook_group: \(Self.group)\n").isEmpty)
    try HookGroup.openWay(Self.group, to: state)
    var status = stat()
    #expect(stat(state, &status) == 0 && status.st_gid == Self.number && status.st_mode & 0o7777 == 0o710)
    #expect(complaints("hook_group: \(Self.group)\n").isEmpty)
  }

  @Test(
    "one that is open already stays as it is",
    arguments: [(0o711, 0), (0o755, 0), (0o750, 60), (0o710, 60)] as [(mode_t, gid_t)])
  func leftAlone(mode: mode_t, group: gid_t) throws {
    #expect(chown(state, 0, group) == 0 && chmod(state, mode) == 0)
    try HookGroup.openWay(Self.group, to: state)
    var status = stat()
    #expect(stat(state, &status) == 0 && status.st_gid == group && status.st_mode & 0o7777 == mode)
  }

  @Test(
    "what others have been given is not taken from them: it is refused, with what to do",
    arguments: [0o750, 0o740, 0o704] as [mode_t])
  func refused(mode: mode_t) throws {
    #expect(chmod(state, mode) == 0)
    let said = complaints("hook_group: \(Self.group)\n")
    #expect(said.count == 1 && said[0].contains("hook_group: members of 'games' cannot enter"), "\(said)")
    #expect(said[0].contains("chmod 0710") && said[0].contains("StateDirectoryMode=0710"))
    #expect(throws: (any Error).self) { try HookGroup.openWay(Self.group, to: state) }
    var status = stat()
    #expect(stat(state, &status) == 0 && status.st_mode & 0o7777 == mode, "nothing was changed")
  }

  @Test("a closed directory above is refused by its name", arguments: ["var/lib", "var", ""])
  func above(_ name: String) throws {
    let path = name.isEmpty ? fixture.directory.path : fixture.directory.path(name)
    #expect(chmod(path, 0o700) == 0)
    defer { chmod(path, 0o755) }
    let said = complaints("hook_group: \(Self.group)\n")
    #expect(said.count == 1 && said[0].contains("chmod o+x it"), "\(said)")
    #expect(said[0].contains("cannot enter '\(name.isEmpty ? "" : "/\(name)")'"), "\(said)")
  }

  @Test("a directory above that belongs to a member of the group is no obstacle")
  func membersOwn() throws {
    // On Debian 'games' is the first group of the user 'games'.
    let user = try #require(getpwnam("games")).pointee.pw_uid
    let path = fixture.directory.path("var")
    #expect(chown(path, user, 0) == 0 && chmod(path, 0o700) == 0)
    #expect(complaints("hook_group: \(Self.group)\n").isEmpty)
  }

  @Test("the check reports a group that does not exist")
  func unknown() {
    #expect(
      complaints("hook_group: no-such-group\n") == [
        "remora.yaml:5:13: hook_group: there is no group 'no-such-group'; make it, or correct hook_group"
      ])
  }
}
