internal import Foundation
internal import SystemPackage

/// A small file that only we may read, as the descriptor shows it: no one can put another file in its place between the look
/// at its mode and the reading.
enum SecretFile {
  /// A secret has no fewer bytes: 32 bytes are as many as HS256 can use, and base64 or hexadecimal digits of 16 are as long.
  static let shortest = 32
  static let longest = 4_096

  /// The content without white space at its ends.
  static func read(
    _ path: String, shortest: Int = Self.shortest, longest: Int = Self.longest, isForOwner: Bool = false
  ) throws(SecretFileError) -> [UInt8] {
    // Nonblocking: a pipe in its place must not hold us.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw SecretFileError(path, call: "open", number: errno) }
    defer { close(descriptor) }
    try check(descriptor, path, isForOwner: isForOwner)
    var bytes = [UInt8](repeating: 0, count: longest + 1)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress! + count, $0.count - count) }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw SecretFileError(path, call: "read", number: errno) }
      if got == 0 { break }
      count += got
    }
    guard count <= longest else {
      throw SecretFileError(path, "longer than \(longest) bytes", hint: "give a file that holds nothing but the secret")
    }
    let secret = trimmed(bytes[..<count])
    guard secret.count >= shortest else {
      throw SecretFileError(
        path, "the secret has \(secret.count) bytes, \(shortest) are the least",
        hint: "make one by 'openssl rand -hex 32'")
    }
    return Array(secret)
  }

  private static func check(_ descriptor: Int32, _ path: String, isForOwner: Bool) throws(SecretFileError) {
    let status: Stat
    do { status = try Stat(FileDescriptor(rawValue: descriptor)) } catch {
      throw SecretFileError(path, call: "fstat", number: error.rawValue)
    }
    guard status.type == .regular else {
      throw SecretFileError(path, "not a regular file", hint: "give the path of a file")
    }
    // Root reads any file anyway: 'remora token' may be run by it for the agent's user.
    let owner = status.userID.rawValue
    guard owner == geteuid() || isForOwner && geteuid() == 0 else {
      throw SecretFileError(
        path, "it belongs to user \(owner), we are \(geteuid())",
        hint: "chown it to the user who runs this program")
    }
    let mode = status.permissions.rawValue
    guard mode & 0o077 == 0 else {
      throw SecretFileError(path, "others may use it (mode 0\(String(mode, radix: 8)))", hint: "chmod 600 it")
    }
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isSpace: (UInt8) -> Bool = { [0x09, 0x0a, 0x0d, 0x20].contains($0) }
    guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return [] }
    return bytes[first...last]
  }

  /// A new file of mode 0600 with these bytes, durable when this returns. Nothing is left of one that could not be finished.
  static func create(_ path: String, _ bytes: [UInt8]) throws(SecretFileError) {
    let draft = try Draft(path)
    try draft.finish(bytes)
  }

  /// A file that is being written: of mode 0600 whatever the umask is, removed again unless it is finished.
  final class Draft {
    private let path: String
    private let descriptor: Int32
    private var isDone = false

    /// - Throws: `SecretFileError` when the name is taken.
    init(_ path: String) throws(SecretFileError) {
      self.path = path
      descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw SecretFileError(path, call: "create", number: errno) }
    }

    deinit {
      // It also runs when `init` has thrown: the file of that name is another one's then.
      guard descriptor >= 0 else { return }
      close(descriptor)
      if !isDone { unlink(path) }
    }

    /// Writes the bytes, durable when this returns.
    func finish(_ bytes: [UInt8]) throws(SecretFileError) {
      try write(bytes)
      try synchronizeDirectory()
      isDone = true
    }

    /// Writes the bytes and takes the place of another file of the same directory, with its owner where we may give files away.
    func replace(_ other: String, with bytes: [UInt8]) throws(SecretFileError) {
      try write(bytes)
      try adoptOwner()
      guard rename(path, other) == 0 else { throw SecretFileError(other, call: "rename", number: errno) }
      isDone = true
      try synchronizeDirectory()
    }

    private func write(_ bytes: [UInt8]) throws(SecretFileError) {
      guard fchmod(descriptor, 0o600) == 0 else { throw SecretFileError(path, call: "fchmod", number: errno) }
      var count = 0
      while count < bytes.count {
        let put = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress! + count, $0.count - count) }
        if put < 0, errno == EINTR { continue }
        guard put >= 0 else { throw SecretFileError(path, call: "write", number: errno) }
        count += put
      }
      guard fsync(descriptor) == 0 else { throw SecretFileError(path, call: "fsync", number: errno) }
    }

    /// An operator who is root writes for the user who owns the directory: another owner's file would be refused.
    private func adoptOwner() throws(SecretFileError) {
      let status: Stat
      do { status = try Stat(FilePath(parent)) } catch {
        throw SecretFileError(path, call: "stat its directory", number: error.rawValue)
      }
      guard status.userID.rawValue != geteuid() else { return }
      guard fchown(descriptor, status.userID.rawValue, status.groupID.rawValue) == 0 else {
        throw SecretFileError(path, call: "fchown", number: errno)
      }
    }

    private var parent: String {
      path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    private func synchronizeDirectory() throws(SecretFileError) {
      let directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard directory >= 0 else { throw SecretFileError(path, call: "open its directory", number: errno) }
      defer { close(directory) }
      guard fsync(directory) == 0 else { throw SecretFileError(path, call: "fsync its directory", number: errno) }
    }
  }
}

/// Why a file with a secret was refused, or could not be made. Its text holds no byte of the file.
package struct SecretFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file.
  package let path: String
  /// The error.
  package let reason: String
  /// What to do.
  package let hint: String

  init(_ path: String, _ reason: String, hint: String) {
    self.path = path
    self.reason = reason
    self.hint = hint
  }

  /// The error of a system call.
  init(_ path: String, call: String, number: Int32) {
    let hint =
      switch number {
      case ENOENT: "make it, or correct the path"
      case EACCES: "run as the user who may read it"
      case EEXIST: "remove it first if no program uses it"
      default: "check the file and its directory"
      }
    self.init(path, "\(call): \(String(cString: strerror(number)))", hint: hint)
  }

  /// One line.
  package var description: String { "secret file '\(path)': \(reason); \(hint)" }
}
