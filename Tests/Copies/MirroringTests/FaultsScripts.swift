import GitValues
import TestSupport
import Testing

/// One error of a server, and what the message to the user must say about it.
struct ServerFault: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let code: String
  let words: [String]
  let respond: @Sendable (ReceivedRequest) -> ScriptedAnswer

  init(
    _ title: String, _ code: String, saying words: String...,
    respond: @escaping @Sendable (ReceivedRequest) -> ScriptedAnswer
  ) {
    testDescription = title
    self.code = code
    self.words = words
    self.respond = respond
  }

  /// The same answer to every request.
  init(_ title: String, _ code: String, saying words: String..., answer: ScriptedAnswer) {
    testDescription = title
    self.code = code
    self.words = words
    respond = { _ in answer }
  }
}

/// Answers of git servers that `GitAnswers` does not have.
enum FaultyAnswers {
  enum Version: String, CaseIterable, Sendable { case version2, version0 }

  /// Returns a repository in which `main` is at `tip` and that sends `pack` whatever is asked.
  static func repository(_ version: Version, tip: ObjectID, pack: [UInt8])
    -> @Sendable (ReceivedRequest) -> ScriptedAnswer
  {
    let lines = ["\(tip.hex) HEAD", "\(tip.hex) refs/heads/main"]
    return repository(version, lines: lines, fetch: version == .version2 ? GitAnswers.pack(pack) : version0Pack(pack))
  }

  /// Returns a repository that lists these lines and answers a fetch so.
  static func repository(_ version: Version, lines: [String], fetch: ScriptedAnswer)
    -> @Sendable (ReceivedRequest) -> ScriptedAnswer
  {
    { request in
      if request.path.hasSuffix("/info/refs") {
        return version == .version2
          ? GitAnswers.capabilities()
          : GitAnswers.version0(lines, capabilities: "side-band-64k ofs-delta symref=HEAD:refs/heads/main")
      }
      guard request.path.hasSuffix("/git-upload-pack") else { return ScriptedAnswer(404, "not found\n") }
      if request.says("command=ls-refs") {
        guard version == .version2 else { return result(PacketText.line("ERR unknown request")) }
        return GitAnswers.refs(
          lines.map { $0.hasSuffix(" HEAD") ? "\($0) symref-target:refs/heads/main" : $0 })
      }
      return fetch
    }
  }

  /// Returns the answer to a fetch of version 0.
  static func version0Pack(_ pack: [UInt8]) -> ScriptedAnswer {
    result(PacketText.line("NAK") + PacketText.band(1, pack) + PacketText.flush)
  }

  /// An answer of `git-upload-pack` with any bytes.
  static func result(_ body: [UInt8]) -> ScriptedAnswer {
    ScriptedAnswer(200, headers: [("Content-Type", "application/x-git-upload-pack-result")], parts: [.bytes(body)])
  }

  /// Returns an answer of `info/refs` with any bytes.
  static func advertisement(_ body: [UInt8]) -> ScriptedAnswer {
    ScriptedAnswer(
      200, headers: [("Content-Type", "application/x-git-upload-pack-advertisement")], parts: [.bytes(body)])
  }

  /// Returns the URL of a scripted server, with a password in it.
  static func url(_ server: ScriptedHTTPServer) -> String {
    "http://ada:\(MirrorHarness.secret)@127.0.0.1:\(server.port)/project.git"
  }
}
