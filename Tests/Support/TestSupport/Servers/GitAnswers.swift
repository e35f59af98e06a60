/// Answers of a Git server over HTTP, true or not, for `ScriptedHTTPServer`.
package enum GitAnswers {
  /// Returns the version 2 advertisement: what the server can do.
  package static func capabilities(
    _ lines: [String] = ["agent=git/2.39", "ls-refs=unborn", "fetch", "object-format=sha1"]
  ) -> ScriptedAnswer {
    let body =
      PacketText.line("# service=git-upload-pack") + PacketText.flush + PacketText.line("version 2")
      + lines.flatMap(PacketText.line) + PacketText.flush
    return advertisement(body)
  }

  /// Returns the version 0 advertisement: `lines` of oid and name, the capabilities behind the first.
  package static func version0(_ lines: [String], capabilities: String = "side-band-64k ofs-delta agent=git/2.39")
    -> ScriptedAnswer
  {
    var body = PacketText.line("# service=git-upload-pack") + PacketText.flush
    for (index, line) in lines.enumerated() {
      body += PacketText.line(index == 0 ? "\(line)\0\(capabilities)" : line)
    }
    return advertisement(body + PacketText.flush)
  }

  /// Returns the answer to `ls-refs`: lines of oid, name and attributes.
  package static func refs(_ lines: [String]) -> ScriptedAnswer {
    result(lines.flatMap(PacketText.line) + PacketText.flush)
  }

  /// Returns the answer to `fetch` with `done`: these bytes as the pack.
  package static func pack(_ bytes: [UInt8]) -> ScriptedAnswer {
    result(PacketText.line("packfile") + PacketText.band(1, bytes) + PacketText.flush)
  }

  /// Returns a whole version 2 repository that advertises `refs` and sends `pack` whatever is asked.
  package static func repository(refs lines: [String], pack bytes: [UInt8])
    -> @Sendable (ReceivedRequest) -> ScriptedAnswer
  {
    { request in
      if request.path.hasSuffix("/info/refs") { return capabilities() }
      guard request.path.hasSuffix("/git-upload-pack") else { return ScriptedAnswer(404, "not found\n") }
      return request.says("command=ls-refs") ? refs(lines) : pack(bytes)
    }
  }

  private static func advertisement(_ body: [UInt8]) -> ScriptedAnswer {
    ScriptedAnswer(
      200, headers: [("Content-Type", "application/x-git-upload-pack-advertisement")], parts: [.bytes(body)])
  }

  private static func result(_ body: [UInt8]) -> ScriptedAnswer {
    ScriptedAnswer(200, headers: [("Content-Type", "application/x-git-upload-pack-result")], parts: [.bytes(body)])
  }
}
