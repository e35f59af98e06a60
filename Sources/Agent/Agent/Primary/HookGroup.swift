package import AgentAPI
internal import DurableFiles
internal import Glibc
internal import SystemPackage

/// The group whose members' hooks may send events and leave them in the spool (`hook_group`).
package enum HookGroup {
  /// Gives an existing or new file or directory to the group; without a group, removes the access of all groups.
  /// - Throws: `AgentFault` when there is no such group, or the agent lacks the permission.
  package static func set(_ group: String?, on path: String, mode: UInt32, alone: UInt32) throws(AgentFault) {
    guard let group else {
      guard chmod(path, alone) == 0 else { throw refusal("take '\(path)' back from all others") }
      return
    }
    guard chown(path, uid_t.max, try number(of: group)) == 0, chmod(path, mode) == 0 else {
      throw refusal("give '\(path)' to the group '\(group)'")
    }
  }

  /// Lets the group's members enter the state directory, which contains socket and spool, if only its owner could.
  ///
  /// - Throws: `AgentFault` for an obstacle that the agent cannot change, with the remedy.
  package static func openWay(_ group: String?, to state: String) throws(AgentFault) {
    guard let group else { return }
    if let objection = objection(to: group, state: state) {
      throw AgentFault(500, "hook_group_closed", "hook_group: \(objection)")
    }
    guard let status = status(of: state), !admits(status, try number(of: group), members: []) else { return }
    guard chown(state, uid_t.max, try number(of: group)) == 0, chmod(state, 0o710) == 0 else {
      throw refusal("give '\(state)' to the group '\(group)'")
    }
  }

  /// Returns why members of the group could not send events to an agent with this state directory; `nil` when they can,
  /// or when the agent will give them access at its start.
  package static func objection(to group: String, state: String) -> String? {
    guard let found = getgrnam(group) else {
      return "there is no group '\(group)'; make it, or correct hook_group"
    }
    let number = found.pointee.gr_gid
    let members = members(of: found.pointee)
    if let status = status(of: state), !admits(status, number, members: members) {
      // Only accessible to its owner, who may give it to the group: the agent does this at the start.
      let isOurs = status.userID.rawValue == geteuid() && status.permissions.rawValue & 0o077 == 0
      guard isOurs, geteuid() == 0 || isOurGroup(number) else {
        return
          "members of '\(group)' cannot enter '\(state)' (mode 0\(String(status.permissions.rawValue, radix: 8))): "
          + (isOurs
            ? "make the agent's user a member of '\(group)', or 'chgrp \(group)' the directory"
            : "chgrp \(group) and chmod 0710 it")
          + ", and where systemd makes it, say StateDirectoryMode=0710 in the unit"
      }
    }
    for directory in parents(of: state) {
      guard let status = status(of: directory), !admits(status, number, members: members) else { continue }
      return
        "members of '\(group)' cannot enter '\(directory)' (mode 0\(String(status.permissions.rawValue, radix: 8))), "
        + "in which '\(state)' lies: chmod o+x it, or put the state elsewhere"
    }
    return nil
  }

  private typealias Member = (user: uid_t, group: gid_t)

  /// Whether a member of the group may enter a directory.
  private static func admits(_ status: Stat, _ group: gid_t, members: [Member]) -> Bool {
    let (mode, owner, owningGroup) = (status.permissions, status.userID.rawValue, status.groupID.rawValue)
    if mode.contains(.otherExecute) || owningGroup == group && mode.contains(.groupExecute) { return true }
    return members.contains { member in
      member.user == owner && mode.contains(.ownerExecute)
        || member.group == owningGroup && mode.contains(.groupExecute)
    }
  }

  /// Returns its users, including those whose primary group it is.
  private static func members(of group: group) -> [Member] {
    var names: Set<String> = []
    var next = group.gr_mem
    while let name = next?.pointee {
      names.insert(String(cString: name))
      next = next?.advanced(by: 1)
    }
    var members: [Member] = []
    setpwent()
    defer { endpwent() }
    while let user = getpwent()?.pointee {
      guard user.pw_gid == group.gr_gid || names.contains(String(cString: user.pw_name)) else { continue }
      members.append((user.pw_uid, user.pw_gid))
    }
    return members
  }

  private static func isOurGroup(_ group: gid_t) -> Bool {
    if getegid() == group { return true }
    var groups = [gid_t](repeating: 0, count: 65_536)
    let count = getgroups(Int32(groups.count), &groups)
    return count > 0 && groups[..<Int(count)].contains(group)
  }

  /// Returns `nil` for a missing file, and for one with an access control list, where mode bits do not determine
  /// access.
  private static func status(of path: String) -> Stat? {
    // If it cannot be examined, its users cannot enter either; the agent's own access reports the reason.
    RealFileSystem.hasAccessList(path) ? nil : try? Stat(FilePath(path))
  }

  /// The directories above a path, the nearest first.
  private static func parents(of path: String) -> [String] {
    // A path that does not exist yet has the parents of its name.
    let resolved = realpath(path, nil).map { pointer in
      defer { free(pointer) }
      return String(cString: pointer)
    }
    var parts = (resolved ?? path).split(separator: "/")
    var parents: [String] = []
    while let _ = parts.popLast() { parents.append("/" + parts.joined(separator: "/")) }
    return parents
  }

  private static func number(of group: String) throws(AgentFault) -> gid_t {
    guard let found = getgrnam(group) else {
      throw AgentFault(
        500, "unknown_group", "let the group '\(group)' send events: there is no such group",
        hint: "make the group, or correct hook_group")
    }
    return found.pointee.gr_gid
  }

  private static func refusal(_ operation: String) -> AgentFault {
    AgentFault(
      500, "group_refused", "\(operation): \(String(cString: strerror(errno)))",
      hint: "run the agent as a member of that group, or take hook_group away")
  }
}
