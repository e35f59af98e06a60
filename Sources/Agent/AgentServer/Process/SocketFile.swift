internal import AgentAPI
internal import Glibc

/// A socket in the state directory.
struct SocketFile: Sendable {
  let path: String

  /// `sun_path` has 108 bytes, one of them for the end (unix(7)).
  private static let longest = 107

  /// Prepares the path for a new socket, and removes a dead process's one: the state directory's lock proves that it is
  /// dead.
  ///
  /// - Throws: `AgentFault` for an invalid socket path, and for a file that cannot be removed.
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
