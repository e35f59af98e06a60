internal import AgentAPI
internal import Glibc

/// A socket in the state directory.
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

  private func failure(_ operation: String) -> AgentFault {
    AgentFault(500, "socket_failed", "\(operation): '\(path)': \(String(cString: strerror(errno)))")
  }
}
