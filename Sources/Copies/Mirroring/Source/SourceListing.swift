package import GitTransport
package import GitValues
package import WorkerPool

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
