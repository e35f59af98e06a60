internal import Git
package import GitTransport
package import GitValues
package import WorkerPool

/// One look at a source: listed once, then perhaps asked for a pack. Used from one thread.
protocol SourceSession: AnyObject {
  /// What the source shows: refs, HEAD, and the refs that it cannot show.
  var view: RefView { get }

  /// Asks for all that the wanted tips reach and the haves do not, and hands the pack's bytes to `sink` as they come.
  func download(_ wants: [ObjectID], haves: [ObjectID], into sink: any PackSink) throws

  /// Ends in good order.
  func close()
}

extension SourceURL {
  /// Connects and lists.
  ///
  /// - Parameter serverText: called with what the server says about a download, a harmless line at a time; without it the
  ///   server is asked to say nothing.
  ///
  /// A source on this machine is asked by way of git's own upload-pack; where git is not installed, its files
  /// are read by ourselves.
  func session(
    _ transports: Transports, cancellation: CancellationFlag, deadline: Deadline,
    serverText: ((String) -> Void)? = nil
  ) throws -> any SourceSession {
    if case .file(let path) = kind, !transports.hasGit {
      return try DiskSession(
        path, maximumPackBytes: transports.configuration.maximumPackBytes, cancellation: cancellation,
        deadline: deadline)
    }
    return try RemoteSession(
      self, transports: transports, cancellation: cancellation, deadline: deadline, serverText: serverText)
  }
}

/// What a source shows now: one connection, one listing, nothing written.
package enum SourceListing {
  /// - Throws: `TransportError`, `MirrorError`, `Cancelled`.
  package static func read(
    _ source: SourceURL, transports: Transports, cancellation: CancellationFlag, deadline: Deadline
  ) throws -> RefView {
    let session = try source.session(transports, cancellation: cancellation, deadline: deadline)
    defer { session.close() }
    return session.view
  }
}

/// One connection to a source's upload-pack. libgit2's remote drives the conversation.
final class RemoteSession: SourceSession {
  private let remote: Remote
  private let conversation: Conversation
  let view: RefView

  /// Connects and lists.
  init(
    _ source: SourceURL, transports: Transports, cancellation: CancellationFlag, deadline: Deadline,
    serverText: ((String) -> Void)?
  ) throws {
    let conversation = Conversation(
      source: source, transports: transports, cancellation: cancellation, deadline: deadline)
    conversation.serverText = serverText
    let remote = try Remote(url: source.redacted, port: conversation)
    try remote.connect()
    let listed = try remote.heads()
    self.conversation = conversation
    self.remote = remote
    // libgit2's list has no word for it.
    var view = listed
    view.unknownHeadOID = conversation.listing?.view.unknownHeadOID
    self.view = view
  }

  func download(_ wants: [ObjectID], haves: [ObjectID], into sink: any PackSink) throws {
    conversation.haves = haves
    conversation.packSink = sink
    defer { conversation.packSink = nil }
    try remote.download(wants)
  }

  func close() { remote.disconnect() }
}

/// Texts that may come compressed.
package enum GzipText {
  /// The bytes themselves, or what a gzip stream (RFC 1952) unpacks to.
  ///
  /// - Throws: `MirrorError` for a damaged stream, and for one of more than `limit` bytes.
  package static func unpacked(_ bytes: [UInt8], limit: Int) throws -> [UInt8] {
    guard bytes.starts(with: [0x1f, 0x8b]) else { return bytes }
    let gunzip = try Gunzip()
    var text: [UInt8] = []
    try bytes.withUnsafeBytes { input in
      try gunzip.unpack(input) { piece in
        text += piece
        guard text.count <= limit else {
          throw MirrorError(.limitExceeded, "unpack a text: it is longer than \(limit) bytes")
        }
      }
    }
    guard gunzip.isAtEnd else { throw MirrorError(.invalidList, "unpack a text: it ends in its middle") }
    return text
  }
}
