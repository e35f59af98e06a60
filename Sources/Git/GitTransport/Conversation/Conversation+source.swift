import GitProtocol
package import WorkerPool

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
