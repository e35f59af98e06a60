internal import Git
internal import Glibc
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

/// The body of one request, unpacked, in a temporary file without a name: a child reads it as its standard input.
///
/// So a child that answers while it still reads cannot get stuck on us, and a body costs no memory. Gone when it is dropped.
final class RequestSpool: Sendable {
  let descriptor: Int32
  /// What the bytes were taken from; released with the file.
  private let reservation: @Sendable (Int) throws -> Void

  /// - Parameter reservation: called before bytes are written, with their count; lives as long as the file, which a child may read
  ///   long after the request was answered.
  init(in directory: FilePath, reservation: @escaping @Sendable (Int) throws -> Void = { _ in }) throws(Errno) {
    self.reservation = reservation
    // 64 random bits: two of one name do not happen, and would be an error.
    let path = "\(directory.string)/remora-request-\(UInt64.random(in: 0...UInt64.max))"
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    unlink(path)
  }

  deinit { close(descriptor) }

  /// Reserves the room for bytes that are written next.
  ///
  /// - Throws: what the reservation throws.
  func reserve(_ count: Int) throws { try reservation(count) }

  /// Appends. Into the page cache, so quick enough for any thread.
  func write(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      } else if errno != EINTR {
        throw Errno(rawValue: errno)
      }
    }
  }

  /// The whole body when it has no more than `limit` bytes.
  func contents(limit: Int) throws(Errno) -> [UInt8]? {
    var failure: Errno?
    let bytes = [UInt8](unsafeUninitializedCapacity: limit + 1) { buffer, filled in
      while filled < buffer.count {
        let count = pread(descriptor, buffer.baseAddress! + filled, buffer.count - filled, off_t(filled))
        if count < 0, errno == EINTR { continue }
        if count < 0 { failure = Errno(rawValue: errno) }
        guard count > 0 else { return }
        filled += count
      }
    }
    if let failure { throw failure }
    return bytes.count <= limit ? bytes : nil
  }

  /// Lets a child read from the start.
  func rewind() { lseek(descriptor, 0, SEEK_SET) }
}
