internal import GitProtocol
internal import GitValues
internal import Glibc

/// Where the parts of a local repository are, found as git's `enter_repo` finds them (path.c, non-strict): a bare
/// repository, a work tree's `.git`, or a `.git` file that leads elsewhere.
package struct LocalRepositoryPath {
  /// Absolute, as given otherwise.
  let path: String
  /// The directory that refs, objects and `shallow` are in; `nil` when we found none, and git has the last word.
  package let commonDirectory: String?
  /// A work tree that is linked to the repository of another, with a HEAD of its own.
  package let isLinkedWorkTree: Bool

  /// Looks, and reads nothing but `.git` and `commondir` files.
  ///
  /// - Throws: the errno of looking at `path` itself.
  init(_ path: String) throws(LocalPathFailure) {
    self.path = try Self.absolute(path)
    var status = stat()
    guard PathText.withCString(self.path, { stat($0, &status) }) == 0 else { throw LocalPathFailure(code: errno) }
    let candidates = ["/.git", "", "/.git/.git", ".git"].map { [path = self.path] in path + $0 }
    let found = candidates.lazy.compactMap(Self.repository(at:)).first
    commonDirectory = found.map(Self.commonDirectory(of:))
    isLinkedWorkTree = found != commonDirectory
  }

  /// True when the repository says of itself that some of its history was left out.
  var isShallow: Bool {
    guard let commonDirectory else { return false }
    var status = stat()
    return PathText.withCString(commonDirectory + "/shallow") { stat($0, &status) } == 0 && status.st_size > 0
  }

  private static func absolute(_ path: String) throws(LocalPathFailure) -> String {
    if path.hasPrefix("/") { return path }
    guard let here = getcwd(nil, 0) else { throw LocalPathFailure(code: errno) }
    defer { free(here) }
    return PathText.text(UnsafeBufferPointer(start: here, count: strlen(here)).map(UInt8.init(bitPattern:))) + "/"
      + path
  }

  private static func repository(at candidate: String) -> String? {
    if isThere(candidate + "/HEAD"), isThere(candidate + "/objects") { return candidate }
    // A linked work tree has its objects elsewhere.
    if isThere(candidate + "/HEAD"), isThere(candidate + "/commondir") { return candidate }
    guard let text = smallFile(candidate), text.hasPrefix("gitdir: ") else { return nil }
    let target = String(text.dropFirst("gitdir: ".count))
    return target.hasPrefix("/") ? target : parent(of: candidate) + "/" + target
  }

  private static func isThere(_ path: String) -> Bool { PathText.withCString(path) { access($0, F_OK) } == 0 }

  private static func commonDirectory(of repository: String) -> String {
    guard let text = smallFile(repository + "/commondir") else { return repository }
    return text.hasPrefix("/") ? text : repository + "/" + text
  }

  private static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path
  }

  /// The directory that refs and objects are in, as device and inode; `nil` when there is none.
  package var identity: (device: UInt64, inode: UInt64)? {
    var status = stat()
    guard let commonDirectory, PathText.withCString(commonDirectory, { stat($0, &status) }) == 0 else { return nil }
    return (UInt64(status.st_dev), UInt64(status.st_ino))
  }

  /// The text of a file of one line; `nil` when there is none, or it cannot be one.
  private static func smallFile(_ path: String) -> String? {
    let descriptor = PathText.withCString(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 1) { buffer in
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      guard count > 0, count < buffer.count else { return nil }
      var bytes = buffer[0..<count]
      while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
      return PathText.text(bytes.map { $0 })
    }
  }
}

/// A path could not be looked at.
struct LocalPathFailure: Error {
  /// errno of the call.
  let code: Int32
}

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
