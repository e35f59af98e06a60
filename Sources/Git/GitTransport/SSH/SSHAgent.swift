internal import Glibc
internal import WorkerPool

/// An ssh-agent(1) on this machine, which signs with keys that it does not give away (draft-ietf-sshm-ssh-agent).
///
/// A client of our own, because libssh2's waits for the agent without a limit, and an agent that asks its user to confirm may let it
/// wait for ever.
final class SSHAgent {
  /// The agent is there and does not do what it should.
  struct Failure: Error {
    let cause: String
  }

  /// Requests and answers by their numbers.
  private enum Message {
    static let requestIdentities: UInt8 = 11
    static let identitiesAnswer: UInt8 = 12
    static let signRequest: UInt8 = 13
    static let signResponse: UInt8 = 14
  }

  /// OpenSSH's agent takes and gives no more.
  private static let longestMessage: UInt32 = 256 << 10

  private let stream: SocketStream

  /// Connects.
  ///
  /// - Parameter path: of its socket.
  /// - Throws: `Failure` when no agent is there.
  init(path: String, limits: WaitLimits) throws(Failure) {
    do {
      stream = SocketStream(descriptor: try SocketStream.connect(path: path), limits: limits)
    } catch {
      throw Failure(cause: "no agent answers at '\(path)': \(String(cString: strerror(error.code)).lowercased())")
    }
  }

  /// The keys that it can sign with, in its order.
  ///
  /// - Throws: `Failure`, `SocketStream.Failure`, `Cancelled`.
  func identities() throws -> [SSHKey] {
    var answer = SSHWireReader(try ask([Message.requestIdentities], expecting: Message.identitiesAnswer))
    guard let count = answer.number() else { throw Failure(cause: "the agent's list is cut off") }
    var keys: [SSHKey] = []
    for _ in 0..<count {
      // Each key is followed by a comment.
      guard let blob = answer.string(), answer.string() != nil else {
        throw Failure(cause: "the agent's list is cut off")
      }
      if let key = SSHKey(blob: blob) { keys.append(key) }
    }
    return keys
  }

  /// Signs `data` with `key`; the bytes of the signature without its type.
  ///
  /// - Throws: `Failure` when the agent, or its user, says no; `SocketStream.Failure`, `Cancelled`.
  func sign(_ data: [UInt8], with key: SSHKey) throws -> [UInt8] {
    var request = [Message.signRequest]
    request.appendSSH(key.blob)
    request.appendSSH(data)
    request.appendSSH(UInt32(0))
    var answer = SSHWireReader(try ask(request, expecting: Message.signResponse))
    guard let whole = answer.string() else { throw Failure(cause: "the agent's signature is cut off") }
    var signature = SSHWireReader(whole)
    guard signature.string() == Array(key.type.utf8), let bytes = signature.string(), signature.isAtEnd else {
      throw Failure(cause: "the agent's signature is of another type than its key")
    }
    return bytes
  }

  /// One request and what stands behind the number of its answer.
  private func ask(_ request: [UInt8], expecting number: UInt8) throws -> [UInt8] {
    var message: [UInt8] = []
    message.appendSSH(request)
    try message.withUnsafeBytes { try stream.write($0) }
    var header = SSHWireReader(try read(4))
    guard let count = header.number(), (1...Self.longestMessage).contains(count) else {
      throw Failure(cause: "the agent's answer is empty or too long")
    }
    let answer = try read(Int(count))
    guard answer.first == number else { throw Failure(cause: "the agent refused") }
    return Array(answer.dropFirst())
  }

  private func read(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let more = try bytes.withUnsafeMutableBytes { raw in
        try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: raw[filled...]))
      }
      guard more > 0 else { throw Failure(cause: "the agent closed the connection") }
      filled += more
    }
    return bytes
  }
}

/// Reads the values of SSH's wire format (RFC 4251, section 5) from bytes of the other side.
struct SSHWireReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: some Sequence<UInt8>) { rest = ArraySlice(Array(bytes)) }

  var isAtEnd: Bool { rest.isEmpty }

  /// `nil` when the bytes end before.
  mutating func byte() -> UInt8? { rest.popFirst() }

  /// Four bytes, most significant first; `nil` when the bytes end before.
  mutating func number() -> UInt32? {
    guard rest.count >= 4 else { return nil }
    defer { rest.removeFirst(4) }
    return rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// A length and as many bytes; `nil` when the bytes end before.
  mutating func string() -> [UInt8]? {
    guard let count = number(), count <= rest.count else { return nil }
    defer { rest.removeFirst(Int(count)) }
    return Array(rest.prefix(Int(count)))
  }
}

extension [UInt8] {
  /// Appends a number in SSH's wire format.
  mutating func appendSSH(_ number: UInt32) {
    for shift in [24, 16, 8, 0] { append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
  }

  /// Appends a string in SSH's wire format.
  mutating func appendSSH(_ bytes: [UInt8]) {
    appendSSH(UInt32(bytes.count))
    append(contentsOf: bytes)
  }
}
