package import Git
import GitProtocol
package import GitValues
import WorkerPool

/// What stands behind libgit2's remote: speaks the smart protocol with one repository's upload-pack over whatever
/// channel leads there.
///
/// Used from the one thread that drives the remote. `connect` lists; the plan then sets `haves` and `packSink`; a
/// download is one request and one answer, without rounds of negotiation: a mirror knows what it has.
///
/// Errors are `TransportError`, or `Cancelled`, or what the sink or the report threw, untouched.
package final class Conversation: RemotePort {
  /// How to talk to the server about objects; known after the listing.
  enum Service {
    /// `namesObjectFormat` when the server advertised `object-format`.
    case version2(namesObjectFormat: Bool)
    case version0(Capabilities)
  }

  /// What `connect` found; `nil` before.
  package private(set) var listing: RemoteListing?
  /// What the copy has with all that it reaches: tips of its refs. Set before the download.
  package var haves: [ObjectID] = []
  /// Where the bytes of the pack go. Without one a download is a broken promise of ours.
  package var packSink: (any PackSink)?
  /// Gets what the server says to people during a download, a line at a time, harmless. Without it the server is asked
  /// to say nothing.
  package var serverText: ((String) -> Void)?
  /// Bytes of pack received by this conversation so far.
  package private(set) var receivedPackBytes = 0

  let settings: ConversationSettings
  private let openChannel: () throws -> any UploadPackChannel
  private var channel: (any UploadPackChannel)?
  private var service: Service?
  private var wants: [ObjectID] = []
  private let buffer: UnsafeMutableRawBufferPointer

  /// Large enough that a pack costs few system calls, small enough to stay in a core's cache.
  private static let bufferCount = 128 << 10

  /// Makes a conversation that has not begun.
  ///
  /// - Parameter openChannel: a new way to the server; called by `connect`, and again if a download needs another one.
  package init(settings: ConversationSettings, openChannel: @escaping () throws -> any UploadPackChannel) {
    self.settings = settings
    self.openChannel = openChannel
    buffer = .allocate(byteCount: Self.bufferCount, alignment: 16)
  }

  deinit {
    channel?.abort()
    buffer.deallocate()
  }

  /// Opens the conversation and lists what is there. The URL that libgit2 hands over is not looked at: it may hold
  /// user info, and the channel knows the way.
  package func connect(to url: String) throws {
    precondition(listing == nil, "a conversation connects once")
    do {
      let channel = try openChannel()
      self.channel = channel
      var listing = try list(over: channel)
      listing.view.broken += try channel.brokenRefs(leftOutOf: listing.view.refs)
      self.listing = listing
    } catch {
      abort()
      throw translated(error, operation: "list refs of")
    }
  }

  /// What was listed.
  package func view() throws -> RefView {
    guard let listing else { preconditionFailure("the view exists after connect") }
    return listing.view
  }

  /// Takes note of what is wanted; each is sent once.
  package func negotiate(wants: [ObjectID]) throws {
    precondition(!wants.isEmpty, "a download wants something")
    self.wants = wants
  }

  /// Asks for a pack of all that the wants reach and the haves do not, and hands it to the sink as it comes. Returns
  /// only when the server has ended the pack properly; whether the pack is good is for the indexer to say.
  package func downloadPack(_ report: (RemoteProgress) throws -> Void) throws {
    do {
      try download(report)
    } catch {
      abort()
      throw translated(error, operation: "fetch objects of")
    }
  }

  /// Ends in good order. Calling it twice does nothing more.
  package func close() {
    channel?.finish()
    channel = nil
  }

  private func abort() {
    channel?.abort()
    channel = nil
  }

  // MARK: Listing

  private func list(over channel: any UploadPackChannel) throws -> RemoteListing {
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
  private func readAdvertisement(of channel: any UploadPackChannel) throws -> Advertisement {
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

  // MARK: Download

  private func download(_ report: (RemoteProgress) throws -> Void) throws {
    guard let packSink else { preconditionFailure("a download needs a sink") }
    let channel = try channelForDownload()
    let request = FetchRequest(agent: agentName, wants: wants, haves: haves, wantsNoProgress: serverText == nil)
    let encoded: [UInt8]
    let framing: FetchResponseParser.Framing
    switch service {
    case .version2(let namesObjectFormat):
      encoded = request.encodedForVersion2(namesObjectFormat: namesObjectFormat)
      framing = .version2
    case .version0(let capabilities):
      encoded = request.encodedForVersion0(for: capabilities)
      framing = .version0(for: capabilities)
    case nil: preconditionFailure("a download comes after the listing")
    }
    var parser = FetchResponseParser(framing: framing)
    var lines = ServerLines()
    var transferred = 0
    try pump(channel.send(encoded)) { bytes in
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
          if let serverText { lines.append(text, serverText) }
        }
      }
      receivedPackBytes += transferred - before
      if transferred > before { try report(RemoteProgress(receivedBytes: transferred)) }
      return parser.isComplete
    }
    try parser.finish()
    if case .version0 = service, !channel.isStateless { close() }
  }

  /// The channel of the listing, or a new one when that is used up: a version 0 child serves one fetch.
  private func channelForDownload() throws -> any UploadPackChannel {
    if let channel { return channel }
    let channel = try openChannel()
    self.channel = channel
    if !channel.isStateless { _ = try readAdvertisement(of: channel) }
    return channel
  }

  /// Reads until `take` says that it has all, or the stream ends.
  private func pump(_ source: any ByteSource, _ take: (UnsafeRawBufferPointer) throws -> Bool) throws {
    while true {
      let count = try source.read(into: buffer)
      guard count > 0 else { return }
      if try take(UnsafeRawBufferPointer(rebasing: buffer[0..<count])) { return }
    }
  }
}
