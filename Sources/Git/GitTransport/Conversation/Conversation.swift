package import Git
package import GitProtocol
package import GitValues
package import WorkerPool

/// The transport of libgit2's remote: speaks the smart protocol with one repository's upload-pack over any channel.
///
/// Used from the one thread that drives the remote. `connect` lists; the plan then sets `haves` and `packSink`; a
/// download is one request and one answer, without rounds of negotiation: a mirror's haves are known.
///
/// Errors are `TransportError`, or `Cancelled`, or what the sink or the report threw, untouched.
package final class Conversation: RemotePort {
  /// The protocol for fetching objects; set by the listing.
  enum Service {
    /// `namesObjectFormat` when the server advertised `object-format`.
    case version2(namesObjectFormat: Bool)
    case version0(Capabilities)
  }

  /// What `connect` found; `nil` before.
  package private(set) var listing: RemoteListing?
  /// What the copy has with all that it reaches: tips of its refs. Set before the download.
  package var haves: [ObjectID] = []
  /// Receives the bytes of the pack. A download without one is a programming error.
  package var packSink: (any PackSink)?
  /// Receives the server's progress messages during a download, a line at a time, sanitized. Without it the server is
  /// asked to say nothing.
  package var serverText: ((String) -> Void)?
  /// Bytes of pack received by this conversation so far.
  package internal(set) var receivedPackBytes = 0

  let settings: ConversationSettings
  let openChannel: () throws -> any UploadPackChannel
  var channel: (any UploadPackChannel)?
  var service: Service?
  var wants: [ObjectID] = []
  /// The last error that the server's git named on side-band 2; the one on side-band 3 only says that there was one.
  var complaint = ""
  /// Whether a byte of the answer to the last fetch has come.
  var hasAnswered = false
  /// This server has refused a request that did not name `thin-pack`.
  var insistsOnThinPack = false
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

  /// Opens the conversation and lists the refs. The URL from libgit2 is ignored: it may contain user info, and the
  /// channel has the address.
  package func connect(to url: String) throws {
    precondition(listing == nil, "a conversation connects once")
    do {
      let channel = try openChannel()
      self.channel = channel
      var listing = try list(over: channel)
      listing.view.broken += try channel.brokenRefs(leftOutOf: listing.view.refs)
      self.listing = listing
    } catch {
      throw ended(by: error, operation: "list refs of")
    }
  }

  /// Returns the listed refs.
  package func view() throws -> RefView {
    guard let listing else { preconditionFailure("the view exists after connect") }
    return listing.view
  }

  /// Records the wants; each is sent once.
  package func negotiate(wants: [ObjectID]) throws {
    precondition(!wants.isEmpty, "a download wants something")
    self.wants = wants
  }

  /// Asks for a pack of all that the wants reach and the haves do not, and hands it to the sink as it comes. Returns
  /// only when the server has ended the pack properly; whether the pack is good is for the indexer to say.
  package func downloadPack(_ report: (RemoteProgress) throws -> Void) throws {
    let before = receivedPackBytes
    do {
      try download(report)
    } catch {
      let first = ended(by: error, operation: "fetch objects of")
      guard receivedPackBytes == before, mayInsistOnThinPack(error) else { throw first }
      insistsOnThinPack = true
      do {
        try download(report)
      } catch {
        throw ended(by: error, operation: "fetch objects of")
      }
    }
  }

  /// Ends in good order. Calling it twice does nothing more.
  package func close() {
    channel?.finish()
    channel = nil
  }

  /// Gives the channel up after an error, and says the error as it is to be thrown.
  private func ended(by error: any Error, operation: String) -> any Error {
    let diagnostics = complaint.isEmpty ? channel?.diagnostics ?? "" : complaint
    channel?.abort()
    channel = nil
    let translated = translated(error, operation: operation, diagnostics: diagnostics)
    guard var named = (translated as? TransportError).map(namingWant) else { return translated }
    named.hasAnswered = hasAnswered
    return named
  }

  /// Reads until `take` says that it has all, or the stream ends.
  func pump(_ source: any ByteSource, _ take: (UnsafeRawBufferPointer) throws -> Bool) throws {
    while true {
      let count = try source.read(into: buffer)
      guard count > 0 else { return }
      if try take(UnsafeRawBufferPointer(rebasing: buffer[0..<count])) { return }
    }
  }
}

extension Conversation {
  /// A conversation with `source` by way of `transports`, under their limits.
  ///
  /// - Parameters:
  ///   - cancellation: ends every wait with `Cancelled`.
  ///   - deadline: of the whole run.
  package convenience init(
    source: SourceURL, transports: Transports, cancellation: CancellationFlag, deadline: Deadline
  ) {
    let configuration = transports.configuration
    let limits = ListingLimits(
      refs: configuration.maximumAdvertisedRefs, bytes: configuration.maximumAdvertisementBytes)
    self.init(
      settings: ConversationSettings(
        subject: source.redacted, limits: limits, maximumPackBytes: configuration.maximumPackBytes)
    ) {
      try transports.channel(for: source, cancellation: cancellation, deadline: deadline)
    }
  }
}

/// The settings of a `Conversation` in addition to its channel.
package struct ConversationSettings: Sendable {
  /// How errors name the source; without user info.
  package var subject: String
  /// What the server may make us hold while it lists.
  package var limits: ListingLimits
  /// Bytes of one packfile.
  package var maximumPackBytes: Int

  package init(subject: String, limits: ListingLimits = ListingLimits(), maximumPackBytes: Int = 100 << 30) {
    self.subject = subject
    self.limits = limits
    self.maximumPackBytes = maximumPackBytes
  }
}

/// What we call ourselves to servers (`agent=` of the protocol). One word, product and version.
package let agentName = "remora/0.1.0"
