/// What goes back to a client with status 200.
package struct GitReply: Sendable {
  /// For the header `Content-Type`.
  package let contentType: String
  let body: Body

  enum Body: Sendable {
    case bytes([UInt8])
    case listing(RefAnnouncement)
    /// What a child has said already, and the child.
    case child(beginning: [UInt8], UploadPackJob)
  }

  /// The body's length in bytes, where known.
  package var contentLength: Int? {
    if case .bytes(let bytes) = body { bytes.count } else { nil }
  }

  /// The body, piece by piece. Dropping it ends the child that makes it.
  package func pieces() -> Pieces { Pieces(body: body) }

  /// The pieces of one body, to be taken once.
  package struct Pieces {
    private enum State {
      case bytes([UInt8])
      case listing(RefAnnouncement, next: Int)
      case child(UploadPackJob)
      case ended
    }

    private var state: State
    private var beginning: [UInt8]?

    /// About 64 KiB of lines at a time.
    private static let refsInPiece = 1024

    init(body: Body) {
      switch body {
      case .bytes(let bytes): state = .bytes(bytes)
      case .listing(let announcement): state = .listing(announcement, next: 0)
      case .child(let beginning, let job):
        state = .child(job)
        self.beginning = beginning
      }
    }

    /// The next piece; `nil` after the last one.
    ///
    /// - Throws: `GitServingError` when git fails in the middle: the answer must be cut then, and not ended.
    package mutating func next() async throws -> [UInt8]? {
      if let beginning, !beginning.isEmpty {
        self.beginning = nil
        return beginning
      }
      switch state {
      case .bytes(let bytes):
        state = .ended
        return bytes
      case .listing(let announcement, let index):
        let next = index + Self.refsInPiece
        state = next < announcement.refs.count ? .listing(announcement, next: next) : .ended
        return announcement.packets(from: index, count: Self.refsInPiece)
      case .child(let job):
        guard let piece = try await job.next() else {
          state = .ended
          return nil
        }
        return piece
      case .ended: return nil
      }
    }
  }
}
