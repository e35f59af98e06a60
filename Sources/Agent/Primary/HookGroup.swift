package import AgentAPI
internal import Glibc

/// The group whose members' hooks may send events and leave them in the spool (`hook_group`).
package enum HookGroup {
  /// Gives a file or directory to the group, also one that was there before with another group; or takes it back from all, where
  /// there is no group any more.
  /// - Throws: `AgentFault` when there is no such group, or we may not.
  package static func set(_ group: String?, on path: String, mode: UInt32, alone: UInt32) throws(AgentFault) {
    guard let group else {
      guard chmod(path, alone) == 0 else { throw refusal("take '\(path)' back from all others") }
      return
    }
    guard let found = getgrnam(group) else {
      throw AgentFault(
        500, "unknown_group", "let the group '\(group)' send events: there is no such group",
        hint: "make the group, or correct hook_group")
    }
    guard chown(path, uid_t.max, found.pointee.gr_gid) == 0, chmod(path, mode) == 0 else {
      throw refusal("give '\(path)' to the group '\(group)'")
    }
  }

  private static func refusal(_ operation: String) -> AgentFault {
    AgentFault(
      500, "group_refused", "\(operation): \(String(cString: strerror(errno)))",
      hint: "run the agent as a member of that group, or take hook_group away")
  }
}
