import GitProtocol
package import WorkerPool

extension Conversation {
  /// A conversation with a source, over whatever channel leads there.
  ///
  /// - Parameters:
  ///   - cancellation: ends every wait with `Cancelled`.
  ///   - deadline: by which everything must be over.
  package convenience init(
    source: SourceURL, transports: Transports, cancellation: CancellationFlag, deadline: Deadline
  ) {
    let configuration = transports.configuration
    let settings = ConversationSettings(
      subject: source.redacted,
      limits: ListingLimits(
        refs: configuration.maximumAdvertisedRefs, bytes: configuration.maximumAdvertisementBytes),
      maximumPackBytes: configuration.maximumPackBytes)
    self.init(settings: settings) {
      try transports.channel(for: source, cancellation: cancellation, deadline: deadline)
    }
  }
}
