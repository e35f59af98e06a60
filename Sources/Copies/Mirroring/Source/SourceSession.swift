internal import GitTransport
internal import GitValues
internal import WorkerPool

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
