import GitProtocol
import Glibc

extension LocalRepositoryPath {
  private static let operation = "read"

  /// Looks at a source.
  ///
  /// - Parameter subject: how errors name it; the path itself unless given.
  /// - Throws: `TransportError`: source_not_found, source_access_denied, source_shallow.
  package init(source path: String, subject: String? = nil) throws(TransportError) {
    let subject = subject ?? path
    do {
      self = try LocalRepositoryPath(path)
    } catch {
      throw Self.unreachable(subject, errno: error.code)
    }
    guard !isShallow else { throw Self.shallow(subject) }
  }

  /// Device and inode of the directory in which the repository at a path has its refs and objects; `nil` when there is none.
  package static func identity(of path: String) -> (device: UInt64, inode: UInt64)? {
    // A path that leads nowhere has none.
    (try? LocalRepositoryPath(path))?.identity
  }

  private static func unreachable(_ subject: String, errno code: Int32) -> TransportError {
    let cause = String(cString: strerror(code)).lowercased()
    switch code {
    case ENOENT, ENOTDIR:
      return TransportError(.sourceNotFound, operation: operation, subject: subject, cause: cause)
    case EACCES, EPERM:
      return TransportError(
        .sourceAccessDenied, operation: operation, subject: subject, cause: cause,
        hint: "let this user read the directory and those above it")
    default:
      return TransportError(.sourceUnreachable, operation: operation, subject: subject, cause: cause)
    }
  }

  private static func shallow(_ subject: String) -> TransportError {
    TransportError(
      .sourceShallow, operation: operation, subject: subject, cause: ProtocolError.shallowSource.detail,
      hint: "complete it with 'git fetch --unshallow'")
  }
}
