internal import AgentAPI
internal import Glibc

/// A socket in the state directory: its path, and who may use it.
struct SocketFile: Sendable {
  let path: String

  /// `sun_path` has 108 bytes, one of them for the end (unix(7)).
  private static let longest = 107

  /// Makes way for a new one. What a dead process left is removed: the state directory's lock says that it is dead.
  ///
  /// - Throws: `AgentFault` for a path that no socket can have, and for what cannot be removed.
  func prepare() throws(AgentFault) {
    guard path.utf8.count <= Self.longest else {
      throw AgentFault(
        500, "path_too_long", "listen on '\(path)': a socket's path has at most \(Self.longest) bytes",
        hint: "choose a shorter state directory")
    }
    guard unlink(path) == 0 || errno == ENOENT else { throw failure("remove the old socket") }
  }

  /// Lets the members of a group use it too. Until then only its owner may.
  ///
  /// - Throws: `AgentFault` when there is no such group, or we may not give it the socket.
  func open(to group: String) throws(AgentFault) {
    guard let found = getgrnam(group) else {
      throw AgentFault(
        500, "unknown_group", "let the group '\(group)' use '\(path)': there is no such group",
        hint: "make the group, or correct hook_group")
    }
    guard chown(path, uid_t.max, found.pointee.gr_gid) == 0 else { throw failure("give to the group '\(group)'") }
    guard chmod(path, 0o660) == 0 else { throw failure("open to the group '\(group)'") }
  }

  private func failure(_ operation: String) -> AgentFault {
    AgentFault(500, "socket_failed", "\(operation): '\(path)': \(String(cString: strerror(errno)))")
  }
}
