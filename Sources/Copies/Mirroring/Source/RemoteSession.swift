internal import Git
internal import GitTransport
internal import GitValues
internal import WorkerPool

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
