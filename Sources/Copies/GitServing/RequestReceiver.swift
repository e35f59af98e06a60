internal import Git
internal import NIOCore
internal import SystemPackage

/// Takes a request body as it comes, unpacks it, and holds it to the limits.
struct RequestReceiver {
  private let path: FilePath
  private let limit: Int
  private let spool: RequestSpool
  private let gunzip: Gunzip?
  private var received = 0
  private var unpacked = 0

  /// - Throws: `unsupportedEncoding`, `failed`.
  init(
    of path: FilePath, contentEncoding: String?, settings: GitServingSettings,
    reserve: @escaping @Sendable (Int) throws -> Void = { _ in }
  ) throws(GitServingError) {
    self.path = path
    limit = settings.maximumRequestBytes
    do {
      switch contentEncoding?.lowercased() ?? "identity" {
      case "gzip", "x-gzip": gunzip = try Gunzip()
      case "identity", "": gunzip = nil
      default: throw GitServingError(.unsupportedEncoding, path, "the request is packed by something else than gzip")
      }
      spool = try RequestSpool(in: settings.temporaryDirectory, reservation: reserve)
    } catch let error as GitServingError {
      throw error
    } catch {
      throw GitServingError(
        .failed, path, "cannot keep the request in '\(settings.temporaryDirectory)': \(error)",
        hint: "check that directory")
    }
  }

  /// - Throws: `requestTooLarge`, `badRequest`, `busy` where there is no room for what it unpacks to, `failed`.
  mutating func take(_ part: ByteBuffer) throws {
    received += part.readableBytes
    try check(received)
    try part.withUnsafeReadableBytes { bytes in
      guard let gunzip else { return try keep(bytes) }
      do {
        try gunzip.unpack(bytes) { try keep($0) }
      } catch let error as GitError {
        throw GitServingError(.badRequest, path, "\(error)")
      }
    }
  }

  /// The body, whole.
  /// - Throws: `badRequest` when it is cut off.
  func finish() throws(GitServingError) -> RequestSpool {
    guard gunzip?.isAtEnd ?? true else { throw GitServingError(.badRequest, path, "the packed request is cut off") }
    return spool
  }

  private mutating func keep(_ bytes: UnsafeRawBufferPointer) throws {
    unpacked += bytes.count
    try check(unpacked)
    do {
      try spool.reserve(bytes.count)
    } catch {
      throw GitServingError(.busy, path, "\(error)")
    }
    do {
      try spool.write(bytes)
    } catch {
      throw GitServingError(.failed, path, "cannot keep the request: \(error)", hint: "check the temporary directory")
    }
  }

  private func check(_ count: Int) throws(GitServingError) {
    guard count > limit else { return }
    throw GitServingError(.requestTooLarge, path, "the request has more than \(limit) bytes")
  }
}
