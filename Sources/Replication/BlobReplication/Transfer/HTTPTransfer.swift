import BoundedHTTP
import Replication
import SystemPackage
import TextBytes
import WorkerPool

/// Downloads one file from an HTTP server into a part. Blocks its thread; used once.
///
/// 1. Redirects are followed, five at most, never from https to http; the credentials stay with the source's own
///    origin.
/// 2. A part of an earlier run is continued by `Range` and `If-Range`, if the digest of the whole is known: then the
///    server's validators need not be trusted. Any answer but the requested range of the part's content restarts the
///    transfer.
/// 3. The body must have the announced length and no content coding.
struct HTTPTransfer {
  let source: HTTPAddress
  let part: PartFile
  let limits: BlobLimits
  let transport: BlobTransport
  let directories: DirectoryKeeper
  let cancellation: CancellationFlag
  let deadline: Deadline
  /// The operation, for errors.
  let operation: String
  /// The digest of the content is known.
  let knowsDigest: Bool

  /// As many as a file behind a load balancer and an object store may need, and some.
  private static let maximumRedirects = 5

  /// What an answer is good for.
  private enum Use {
    /// The content from the start.
    case whole(total: UInt64?)
    /// The content from where the part ends.
    case rest(of: UInt64)
    /// Nothing: ask again without a range.
    case startOver
  }

  /// - Parameter mayResume: continue a part of an earlier run.
  /// - Returns: the part, complete by the server's length, and whether an earlier run had begun it.
  func run(mayResume: Bool) throws -> (writer: PartWriter, wasResumed: Bool) {
    var record = mayResume && knowsDigest ? try part.resumable(from: source) : nil
    let writer =
      record == nil
      ? try PartWriter(beginning: part, limits: limits, directories)
      : try PartWriter(resuming: part, limits: limits, cancellation: cancellation)
    // The part is complete; the known digest decides whether it is right.
    if writer.length == record?.total { return (writer, true) }
    while true {
      let (download, head) = try followingRedirects(range: record.map { (writer.length, $0.validator) })
      defer { download.end() }
      switch try use(of: head, record: record, offset: writer.length) {
      case .startOver:
        record = nil
        try writer.restart()
      case .rest(let total):
        try receive(from: download, into: writer, total: total)
        return (writer, true)
      case .whole(let total):
        if writer.length > 0 { try writer.restart() }
        if let total, let validator = StrongValidator(head.headers) {
          try part.write(PartRecord(id: part.id, source: source.redacted, validator: validator, total: total))
        }
        try receive(from: download, into: writer, total: total)
        return (writer, false)
      }
    }
  }

  // MARK: Asking

  private func followingRedirects(
    range: (offset: UInt64, validator: String)?
  ) throws -> (HTTPDownload, HTTPDownload.Head) {
    var address = source
    for _ in 0...Self.maximumRedirects {
      let (download, head) = try ask(address, range: range)
      guard [301, 302, 303, 307, 308].contains(head.status) else { return (download, head) }
      download.end()
      guard let location = head.headers["Location"], let next = address.redirected(to: location) else {
        throw StrategyError(.badAnswer, trying: operation, "it redirects to nowhere", hint: "look at the server")
      }
      guard next.isSecure || !address.isSecure else {
        throw StrategyError(
          .sourceRefused, trying: operation, "it redirects from https to http ('\(shown(next))')",
          hint: "use an address that stays with https")
      }
      address = next
    }
    throw StrategyError(
      .sourceRefused, trying: operation, "it redirects more than \(Self.maximumRedirects) times",
      hint: "use the address that it leads to")
  }

  private func ask(
    _ address: HTTPAddress, range: (offset: UInt64, validator: String)?
  ) throws -> (HTTPDownload, HTTPDownload.Head) {
    do {
      return try once(address, range: range)
    } catch let failure as HTTPFailure {
      // A kept-alive connection that the server closed meanwhile; asking for a file twice does no harm.
      guard failure.kind == .connectionLost, !failure.answerBegan else {
        throw translated(failure, answerBegan: failure.answerBegan)
      }
    }
    do {
      return try once(address, range: range)
    } catch let failure as HTTPFailure {
      throw translated(failure, answerBegan: failure.answerBegan)
    }
  }

  private func once(
    _ address: HTTPAddress, range: (offset: UInt64, validator: String)?, isSecondProof: Bool = false
  ) throws -> (HTTPDownload, HTTPDownload.Head) {
    try cancellation.check()
    let remaining = deadline.remaining
    guard remaining > .zero else { throw outOfTime }
    var request = HTTPRequest(.get, address.url)
    request.limits.silence = limits.silence
    request.limits.total = remaining
    request.limits.bodyBytes = Int(clamping: limits.maximumBytes)
    request.proxy = try transport.proxy(address.url)
    request.headers.add("Accept", "*/*")
    request.headers.add("Accept-Encoding", "identity")
    request.headers.add("User-Agent", "remora")
    if let range {
      request.headers.add("Range", "bytes=\(range.offset)-")
      request.headers.add("If-Range", range.validator)
    }
    let proof = address.authorization == nil ? try proof(of: request) : nil
    if let authorization = address.authorization ?? proof { request.headers.add("Authorization", authorization) }
    let (download, head) = try send(request)
    // A server that has started again takes only proofs that name this start, and says which it is.
    guard head.status == 401, proof != nil, !isSecondProof,
      transport.signer?.learns(fromRefusal: head.headers) == true
    else { return (download, head) }
    download.end()
    return try once(address, range: range, isSecondProof: true)
  }

  private func send(_ request: HTTPRequest) throws -> (HTTPDownload, HTTPDownload.Head) {
    let download = HTTPDownload(request, client: transport.client, cancellation: cancellation, deadline: deadline)
    do {
      return (download, try download.waitForHead())
    } catch is DeadlineExceeded {
      download.end()
      throw outOfTime
    } catch {
      download.end()
      throw error
    }
  }

  private func proof(of request: HTTPRequest) throws -> String? {
    guard let signer = transport.signer else { return nil }
    return try Bridge.wait(until: deadline, cancellation: cancellation) {
      try await signer.authorization(for: request)
    }
  }

  // MARK: Understanding

  private func use(of head: HTTPDownload.Head, record: PartRecord?, offset: UInt64) throws -> Use {
    guard head.status == 200 || record != nil && (head.status == 206 || head.status == 416) else {
      throw refusal(head)
    }
    if let coding = head.headers["Content-Encoding"]?.lowercased(), coding != "identity", !coding.isEmpty {
      throw StrategyError(
        .badAnswer, trying: operation,
        "the server sent it encoded ('\(ForeignText.withoutControls(coding, longest: 40))'), which was not asked for",
        hint: "switch content coding off for this path")
    }
    let length = try head.headers["Content-Length"].map(requireNumber)
    guard let record, head.status != 200 else {
      try requireContent(head, length: length)
      return .whole(total: length)
    }
    guard head.status == 206, let range = head.headers["Content-Range"].flatMap(ContentRange.init),
      range.first == offset, range.last == record.total - 1, range.total == record.total,
      length == nil || length == range.last - range.first + 1,
      StrongValidator(head.headers)?.text ?? record.validator == record.validator
    else { return .startOver }
    return .rest(of: record.total)
  }

  private func requireNumber(_ text: String) throws -> UInt64 {
    guard let number = ContentRange.number(text) else {
      throw StrategyError(.badAnswer, trying: operation, "its length is no number", hint: "look at the server")
    }
    return number
  }

  /// Refuses what, without a digest to compare with, may be something else than the file.
  private func requireContent(_ head: HTTPDownload.Head, length: UInt64?) throws {
    guard !knowsDigest else { return }
    let isChunked = head.headers["Transfer-Encoding"]?.lowercased().contains("chunked") ?? false
    guard length != nil || isChunked else {
      throw StrategyError(
        .badAnswer, trying: operation, "the server does not say how long it is, so an end too early would go unseen",
        hint: "it is taken as soon as the primary has a checksum of it")
    }
    let type = (head.headers["Content-Type"] ?? "").prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
    let isPage = [".html", ".htm", ".xhtml"].contains { part.id.text.lowercased().hasSuffix($0) }
    guard type != "text/html" || isPage else {
      throw StrategyError(
        .badAnswer, trying: operation, "the server answered with a page",
        hint: "it may want a login; check the address and the token")
    }
  }

  // MARK: Receiving

  private func receive(from download: HTTPDownload, into writer: PartWriter, total: UInt64?) throws {
    try writer.requireRoom(total: total ?? writer.length, trying: operation)
    try withUnsafeTemporaryAllocation(byteCount: FileDigest.stepBytes, alignment: 16) { buffer in
      while true {
        let count: Int
        do {
          count = try download.read(into: buffer)
        } catch let failure as HTTPFailure {
          throw translated(failure, answerBegan: true)
        } catch is DeadlineExceeded {
          throw outOfTime
        }
        if count == 0 { break }
        try writer.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]), trying: operation)
      }
    }
    guard writer.length == total ?? writer.length else {
      throw StrategyError(
        .interrupted, trying: operation, "\(writer.length) bytes came of \(total ?? 0)",
        hint: "the next sync goes on from there", disposition: .connection)
    }
  }

  func shown(_ address: HTTPAddress) -> String { ForeignText.withoutControls(address.redacted, longest: 200) }

  private var outOfTime: StrategyError {
    StrategyError(
      .limitExceeded, trying: operation, "it was not over within \(limits.total)",
      hint: "the next sync goes on from there; allow more time if it always ends so")
  }
}
