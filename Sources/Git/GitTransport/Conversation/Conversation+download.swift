internal import Git
internal import GitProtocol
internal import TextBytes

extension Conversation {
  /// One request, one answer.
  func download(_ report: (RemoteProgress) throws -> Void) throws {
    guard let packSink else { preconditionFailure("a download needs a sink") }
    let channel = try channelForDownload()
    let (request, framing) = encodedRequest()
    var parser = FetchResponseParser(framing: framing)
    var lines = ServerLines()
    complaint = ""
    hasAnswered = false
    var transferred = 0
    try pump(channel.send(request)) { bytes in
      hasAnswered = true
      let before = transferred
      try parser.consume(bytes) { part in
        switch part {
        case .pack(let bytes):
          transferred += bytes.count
          guard transferred <= settings.maximumPackBytes else {
            throw ProtocolError(.limitExceeded, "the pack is longer than \(settings.maximumPackBytes) bytes")
          }
          try packSink.receive(bytes)
        case .progress(let text):
          lines.append(text) { line in
            if line.hasPrefix("fatal: ") || line.hasPrefix("error: ") { complaint = line }
            serverText?(line)
          }
        }
      }
      receivedPackBytes += transferred - before
      if transferred > before { try report(RemoteProgress(receivedBytes: transferred)) }
      return parser.isComplete
    }
    try parser.finish()
    if case .version0 = service, !channel.isStateless { close() }
  }

  /// The request in the words of this server, and how its answer will be framed.
  private func encodedRequest() -> ([UInt8], FetchResponseParser.Framing) {
    var request = FetchRequest(agent: agentName, wants: wants, haves: haves, wantsNoProgress: serverText == nil)
    switch service {
    case .version2(let namesObjectFormat):
      return (request.encodedForVersion2(namesObjectFormat: namesObjectFormat), .version2)
    case .version0(let capabilities):
      request.isInterleaved = channel.map { !$0.isStateless } ?? false
      request.namesThinPack = insistsOnThinPack || capabilities.isOfDulwich
      return (request.encodedForVersion0(for: capabilities), .version0(for: capabilities))
    case nil: preconditionFailure("a download comes after the listing")
    }
  }

  /// The channel of the listing, or a new one when that is used up: a version 0 child serves one fetch.
  private func channelForDownload() throws -> any UploadPackChannel {
    if let channel { return channel }
    let channel = try openChannel()
    self.channel = channel
    if !channel.isStateless { _ = try readAdvertisement(of: channel) }
    return channel
  }

  /// True when a version 0 server may have refused the request because it did not name `thin-pack`, as dulwich does. Servers
  /// of git and JGit do not; for them a second request would only repeat the failure.
  func mayInsistOnThinPack(_ error: any Error) -> Bool {
    guard case .version0(let capabilities) = service, capabilities.contains("thin-pack"), !haves.isEmpty,
      !insistsOnThinPack, !capabilities.isOfDulwich, !capabilities.isOfGit
    else { return false }
    if let error = error as? ProtocolError { return [.truncated, .refused, .malformed].contains(error.code) }
    let codes: Set<TransportError.Code> = [.serverError, .serverRefused, .protocolError, .connectionLost]
    return (error as? TransportError).map { codes.contains($0.code) } ?? false
  }
}

/// Takes a packfile as it arrives.
package protocol PackSink: AnyObject {
  /// Gets the next bytes, in order. They are lent: the pointer must not be kept. An error stops the transfer
  /// and comes out of `Conversation.downloadPack` as it is.
  func receive(_ bytes: UnsafeRawBufferPointer) throws
}

/// Puts the server's progress text back into lines. Git cuts it anywhere, and ends a line that will be written over
/// with a carriage return.
struct ServerLines {
  /// Longer lines are cut: they are for display only.
  private static let limit = 1024

  private var line: [UInt8] = []

  /// Takes the next bytes and hands on each line that they end, harmless; empty ones are left out.
  mutating func append(_ bytes: UnsafeRawBufferPointer, _ receive: (String) -> Void) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        let text = ForeignText.serverLine(line)
        if !text.isEmpty { receive(text) }
        line.removeAll(keepingCapacity: true)
      } else if line.count < Self.limit {
        line.append(byte)
      }
    }
  }
}
