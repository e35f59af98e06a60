package import BoundedHTTP
internal import DurableFiles
internal import Replication
internal import SystemPackage
internal import TextBytes
internal import WorkerPool

/// One sync of one file: makes the copy equal to its source. Blocks its thread; used once.
///
/// 1. A copy with the primary's digest is kept as it is, and made durable: it is unknown which program wrote it.
/// 2. Else the content is brought into a part beside the target, compared, made durable, and read back.
/// 3. A file that is displaced gets a second name in the trash first.
/// 4. One rename: readers see the old bytes or the new ones, never a mix, never nothing.
///
/// After a crash or a loss of power at any line: the old file or the new one, whole; a part beside it, which the next
/// sync continues or removes; and perhaps a copy of the old file in the trash although it was not displaced.
struct BlobSync {
  let request: SyncRequest
  let place: BlobPlace
  let isMutable: Bool
  let limits: BlobLimits
  let transport: BlobTransport
  let directories: DirectoryKeeper
  let cancellation: CancellationFlag
  let now: Timestamp

  /// The kind says that its files never change, and one did.
  static let immutableChanged = "immutable_changed"

  /// Returns the operation, for errors.
  static func operation(_ id: ReplicableID) -> String { "sync '\(id)'" }

  func run() throws -> SyncReport {
    let operation = Self.operation(request.id)
    let old = try place.requireRoom(for: request.id, trying: operation)
    let part = PartFile(of: request.id, in: place)
    if old != nil, !request.isFresh, let expected = request.expected, try checksumOfCopy() == expected {
      return try keep(part, expected, bytes: 0)
    }
    let (writer, checksum, bytes) = try bring(part)
    do {
      if old != nil, !request.isFresh, request.expected == nil, let held = try checksumOfCopy() {
        if held == checksum { return try keep(part, checksum, bytes: bytes) }
        guard isMutable else { throw changedWithoutReason(held, checksum) }
      }
      _ = try writer.finish(trying: operation, cancellation: cancellation)
    } catch is Cancelled {
      throw Cancelled()
    } catch {
      // The first error is thrown; the next sync removes leftovers.
      try? part.remove()
      throw error
    }
    try publish(part, displacing: old == nil ? nil : try displace(checksum))
    let isOdd = old != nil && !isMutable && !request.isFresh
    return SyncReport(
      checksum: checksum, hasChanged: true, bytes: bytes, warnings: isOdd ? [Self.immutableChanged] : [])
  }

  /// The copy stays; what a dead run left is swept.
  private func keep(_ part: PartFile, _ checksum: Checksum, bytes: UInt64) throws -> SyncReport {
    let target = place.path(of: request.id)
    try place.files.synchronizeFile(target)
    try place.synchronizeWay(to: target)
    try part.remove()
    return SyncReport(checksum: checksum, hasChanged: false, bytes: bytes)
  }

  /// - Returns: `nil` when the copy cannot be read whole, and so is not what it should be.
  private func checksumOfCopy() throws -> Checksum? {
    do {
      let file = try OpenFile(below: place.root, place.path(of: request.id))
      return try FileDigest(reading: file, cancellation: cancellation)?.checksum
    } catch let error as FileError {
      // If the disk cannot read the old bytes, they are fetched again.
      guard error.code == .ioError || error.code == .noSuchFileOrDirectory else { throw error }
      return nil
    }
  }

  /// Gives the old file a second name in the trash, unless it is the same as the new one.
  private func displace(_ checksum: Checksum) throws -> TrashTicket? {
    if try checksumOfCopy() == checksum { return nil }
    let trash = BlobTrash(place: place)
    let entry = try trash.prepare(request.id, incarnation: request.incarnation, reason: TrashTicket.displaced, at: now)
    try trash.link(place.path(of: request.id), into: entry)
    return entry
  }

  private func publish(_ part: PartFile, displacing entry: TrashTicket?) throws {
    let target = place.path(of: request.id)
    do {
      try place.files.rename(part.path, to: target)
    } catch {
      if let entry { BlobTrash(place: place).abandon(entry) }
      throw error
    }
    try place.synchronizeWay(to: target)
    // Its part is gone, so it is not used any more.
    try? place.files.unlink(part.recordPath)
  }

  private func changedWithoutReason(_ held: Checksum, _ came: Checksum) -> StrategyError {
    StrategyError(
      .checksumMismatch, trying: Self.operation(request.id),
      "the source has \(came), the copy \(held), and files of this kind never change",
      hint: "the copy stays until the primary has said what it should be; declare the kind mutable if they do change")
  }

  // MARK: Bringing

  /// - Returns: the part with its digest, which is the expected one where there is one, and the bytes that came.
  private func bring(_ part: PartFile) throws -> (PartWriter, Checksum, UInt64) {
    let deadline = Deadline.after(limits.total)
    switch try BlobSource(request.source, trying: Self.operation(request.id)) {
    case .file(let path):
      let operation = "\(Self.operation(request.id)) from '\(ForeignText.withoutControls(path.string, longest: 200))'"
      let transfer = LocalTransfer(
        source: path, part: part, limits: limits, directories: directories, cancellation: cancellation,
        deadline: deadline, operation: operation)
      let writer = try removingUnlessResumable(part) { try transfer.run() }
      return (writer, try compare(writer, part, operation), writer.written)
    case .http(let address):
      let operation =
        "\(Self.operation(request.id)) from '\(ForeignText.withoutControls(address.redacted, longest: 200))'"
      let transfer = HTTPTransfer(
        source: address, part: part, limits: limits, transport: transport, directories: directories,
        cancellation: cancellation, deadline: deadline, operation: operation, knowsDigest: request.expected != nil)
      let (writer, wasResumed) = try removingUnlessResumable(part) { try transfer.run(mayResume: !request.isFresh) }
      guard wasResumed, writer.digest() != request.expected else {
        return (writer, try compare(writer, part, operation), writer.written)
      }
      // The part was of another content after all, or a loss of power has damaged it.
      let (again, _) = try removingUnlessResumable(part) { try transfer.run(mayResume: false) }
      return (again, try compare(again, part, operation), writer.written + again.written)
    }
  }

  private func compare(_ writer: PartWriter, _ part: PartFile, _ operation: String) throws -> Checksum {
    let checksum = writer.digest()
    guard let expected = request.expected, expected != checksum else { return checksum }
    try part.remove()
    throw StrategyError(
      .checksumMismatch, trying: operation, "\(checksum) came, and the primary said \(expected)",
      hint: "the copy stays as it was; it is tried again later")
  }

  /// Removes a part that cannot be continued, and one that fills the disk.
  private func removingUnlessResumable<Result>(_ part: PartFile, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch {
      let error = StrategyError(translating: error, trying: Self.operation(request.id))
      let hasRecord = (try? place.files.status(of: part.recordPath)) ?? nil != nil  // unreadable is as good as none
      // The first error is thrown; the next sync removes leftovers.
      if error.code == .diskFull || !hasRecord {
        try? part.remove()
        directories.removeEmptyParents(of: part.path, in: place)
      }
      throw error
    }
  }
}

/// Where the content of one file comes from.
enum BlobSource {
  case http(HTTPAddress)
  /// A file of this machine, by its absolute path.
  case file(FilePath)

  /// - Throws: `StrategyError`, in words that do not hold the user info.
  init(_ address: SourceAddress, trying operation: String) throws(StrategyError) {
    let text = address.location
    let scheme = text.prefix { $0 != ":" }.lowercased()
    if text.hasPrefix("/") {
      self = .file(FilePath(text))
    } else if scheme == "http" || scheme == "https", let http = HTTPAddress(text, bearerToken: address.bearerToken) {
      self = .http(http)
    } else if scheme == "file", let path = HTTPAddress.path(ofFileURL: text) {
      self = .file(FilePath(path))
    } else {
      throw StrategyError(
        .unsupportedSource, trying: operation, "the source is no http, https or file URL and no absolute path",
        hint: "check the address of the kind")
    }
  }
}

/// How files come from other machines: the client with its connections, and the way out.
package struct BlobTransport: Sendable {
  /// Which proxy leads to a URL's host; `nil` to go straight.
  package typealias ProxyLookup = @Sendable (_ url: String) throws -> HTTPProxy?

  let client: BoundedHTTPClient
  let proxy: ProxyLookup
  let signer: (any RequestSigner)?

  /// - Parameters:
  ///   - client: shut down by the caller.
  ///   - proxy: asked for each request; the default goes straight everywhere.
  ///   - signer: makes the proof for each request to a source without credentials of its own.
  package init(
    client: BoundedHTTPClient, proxy: @escaping ProxyLookup = { _ in nil }, signer: (any RequestSigner)? = nil
  ) {
    self.client = client
    self.proxy = proxy
    self.signer = signer
  }
}
