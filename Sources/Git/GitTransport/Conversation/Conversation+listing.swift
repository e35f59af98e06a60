internal import GitProtocol
package import GitValues

extension Conversation {
  /// Lists in one round trip where that may work, and otherwise in two.
  func list(over channel: any UploadPackChannel) throws -> RemoteListing {
    if channel.mayAssumeVersion2 {
      do {
        return try listUnannounced(over: channel)
      } catch {
        guard Self.mayBeFaultOfAssumption(error) else { throw error }
      }
    }
    return try listAnnounced(over: channel)
  }

  /// One round trip: `ls-refs` to a server that was seen to understand it.
  private func listUnannounced(over channel: any UploadPackChannel) throws -> RemoteListing {
    let request = LsRefsRequest(agent: agentName, namesObjectFormat: false, asksForUnborn: true)
    let view = try readListing(channel.send(request.encoded), from: channel)
    service = .version2(namesObjectFormat: false)
    return RemoteListing(view: view, protocolVersion: 2)
  }

  /// The advertisement, and over version 2 `ls-refs` after it.
  private func listAnnounced(over channel: any UploadPackChannel) throws -> RemoteListing {
    let advertisement = try readAdvertisement(of: channel)
    let capabilities = advertisement.capabilities
    if let view = advertisement.view {
      return RemoteListing(
        view: view, protocolVersion: advertisement.version, capabilities: capabilities.descriptions)
    }
    let request = LsRefsRequest(agent: agentName, for: capabilities)
    let view = try readListing(channel.send(request.encoded), from: channel)
    if request.asksForUnborn { channel.noteVersion2() }
    return RemoteListing(view: view, protocolVersion: 2, capabilities: capabilities.descriptions)
  }

  /// Reads the advertisement and takes note of how to talk to this server.
  func readAdvertisement(of channel: any UploadPackChannel) throws -> Advertisement {
    let source = try channel.openAdvertisement()
    var parser = AdvertisementParser(limits: settings.limits)
    try pump(source) { bytes in
      try parser.consume(bytes)
      return parser.isComplete
    }
    let advertisement = try parser.finish()
    guard !advertisement.isShallow else { throw ProtocolError.shallowSource }
    let capabilities = advertisement.capabilities
    if advertisement.version == 2 {
      guard capabilities.contains("ls-refs"), capabilities.contains("fetch") else {
        throw ProtocolError(.malformed, "the server speaks version 2 without ls-refs or fetch")
      }
      service = .version2(namesObjectFormat: capabilities.contains("object-format"))
    } else {
      service = .version0(capabilities)
    }
    return advertisement
  }

  private func readListing(_ source: any ByteSource, from channel: any UploadPackChannel) throws -> RefView {
    var parser = LsRefsParser(limits: settings.limits)
    try pump(source) { bytes in
      try parser.consume(bytes)
      return parser.isComplete
    }
    return try parser.finish()
  }
}

/// What a server said about a repository when asked for its refs.
package struct RemoteListing: Sendable {
  /// HEAD, every ref sorted and with its peeled value, and the refs that cannot be part of a view.
  package var view: RefView
  /// 0, 1 or 2.
  package var protocolVersion: Int
  /// As sent, for display: `agent=git/2.39.5`, `ls-refs=unborn`. Empty when the advertisement was skipped.
  package var capabilities: [String]
  /// `sha1`; other formats are refused before a listing exists.
  package var objectFormat: String
  /// True when the server reports that it is shallow. Available this early only over v0, v1 and for local sources; over
  /// v2 the fetch shows it.
  package var isShallow: Bool

  package init(
    view: RefView, protocolVersion: Int, capabilities: [String] = [], objectFormat: String = "sha1",
    isShallow: Bool = false
  ) {
    self.view = view
    self.protocolVersion = protocolVersion
    self.capabilities = capabilities
    self.objectFormat = objectFormat
    self.isShallow = isShallow
  }
}
