internal import BoundedHTTP
internal import WorkerPool

/// The upload-pack service of a repository over HTTP(S): smart HTTP as in gitprotocol-http, one request at a time.
///
/// 1. `openAdvertisement` asks `GET base/info/refs`, follows redirects, and moves `base` along with them.
/// 2. `send` posts to `base/git-upload-pack` and follows none: the body must not go to a host that was not asked first.
/// 3. A 401 is answered once with credentials of `CredentialSources`, only to the source's own origin.
/// 4. A request that found its kept-alive connection closed is sent once more: all requests only read.
///
/// Used by one thread at a time, which blocks; it throws only `Cancelled` and `TransportError`.
final class HTTPUploadPack: UploadPackChannel {
  let source: SourceURL
  let transports: Transports
  let cancellation: CancellationFlag
  let deadline: Deadline
  /// Where requests go: the source, or where it redirected us.
  var base: HTTPBase
  private var exchange: HTTPUploadPackExchange?

  /// `source` must be http or https.
  init(source: SourceURL, transports: Transports, cancellation: CancellationFlag, deadline: Deadline) {
    guard let base = HTTPBase(source) else { preconditionFailure("an HTTP channel needs an HTTP source") }
    self.source = source
    self.transports = transports
    self.cancellation = cancellation
    self.deadline = deadline
    self.base = base
  }

  deinit { exchange?.end() }

  var isStateless: Bool { true }

  var mayAssumeVersion2: Bool { transports.speaksVersion2(base.origin) }

  /// Not remembered for a source that redirected us: the next channel to it starts at the old place, and would post
  /// there for nothing.
  func noteVersion2() {
    if base.origin == source.origin, base.isOriginal { transports.noteVersion2(base.origin) }
  }

  var diagnostics: String { "" }

  func openAdvertisement() throws -> any ByteSource {
    let (exchange, head) = try followingRedirects()
    try check(head, exchange, mediaType: "application/x-git-upload-pack-advertisement", operation: .listRefs)
    return HTTPUploadPackAnswer(exchange, channel: self, operation: .listRefs)
  }

  func send(_ request: [UInt8]) throws -> any ByteSource {
    var post = HTTPRequest(.post, base.url + "/git-upload-pack")
    post.headers.add("Content-Type", "application/x-git-upload-pack-request")
    post.headers.add("Accept", "application/x-git-upload-pack-result")
    post.body = request
    post.compressesBody = true
    // Of lists and packs the conversation keeps its own, exact account; this is the outer wall.
    post.limits.bodyBytes = transports.configuration.outermostBytes
    let (exchange, head) = try ask(post, operation: .request)
    try check(head, exchange, mediaType: "application/x-git-upload-pack-result", operation: .request)
    return HTTPUploadPackAnswer(exchange, channel: self, operation: .request)
  }

  func finish() {
    exchange?.settle()
    exchange = nil
  }

  func abort() {
    exchange?.end()
    exchange = nil
  }

  // MARK: One question

  /// Sends a request, with credentials where they are called for, and waits for the head of the answer.
  func ask(
    _ request: HTTPRequest, operation: Operation
  ) throws -> (HTTPUploadPackExchange, HTTPUploadPackExchange.Head) {
    let isOwnOrigin = base.origin == source.origin
    var credential: Credential?
    if isOwnOrigin, let signed = try signed(request) {
      let (exchange, head) = try attempt(signed, nil, operation: operation)
      guard head.status == 401 else { return (exchange, head) }
      exchange.settle()
      // A server that has started again takes only proofs that name this start, and says which it is.
      guard transports.configuration.signer?.learns(fromRefusal: head.headers) == true,
        let again = try self.signed(request)
      else { throw unauthorized(head, nil, operation: operation) }
      return try refusing(try attempt(again, nil, operation: operation), operation)
    }
    if isOwnOrigin, transports.asksForCredentials(base.origin) {
      credential = try transports.credentials.credential(for: source, limits: waitLimits)
    }
    var (exchange, head) = try attempt(request, credential, operation: operation)
    if head.status == 401, credential == nil, isOwnOrigin {
      credential = try transports.credentials.credential(for: source, limits: waitLimits)
      if credential != nil {
        exchange.settle()
        (exchange, head) = try attempt(request, credential, operation: operation)
      }
    }
    if let credential {
      // The answer waits, and its connection with it: informing a helper takes a moment.
      transports.credentials.note(credential, isTaken: head.status != 401, for: source, limits: waitLimits)
    }
    guard head.status != 401 else {
      exchange.settle()
      throw unauthorized(head, credential, operation: operation)
    }
    if credential != nil { transports.noteCredentialsTaken(base.origin) }
    return (exchange, head)
  }

  private var waitLimits: WaitLimits {
    WaitLimits(silence: transports.configuration.silenceTimeout, deadline: deadline, cancellation: cancellation)
  }

  /// The request with the proof that was made for it; `nil` when there is none.
  private func signed(_ request: HTTPRequest) throws -> HTTPRequest? {
    guard let signer = transports.configuration.signer else { return nil }
    var request = request
    request.compressesBody = false
    let unsigned = request
    let proof = try Bridge.wait(until: deadline, cancellation: cancellation) {
      try await signer.authorization(for: unsigned)
    }
    guard let proof else { return nil }
    request.headers.add("Authorization", proof)
    return request
  }

  private func refusing(
    _ answer: (HTTPUploadPackExchange, HTTPUploadPackExchange.Head), _ operation: Operation
  ) throws -> (HTTPUploadPackExchange, HTTPUploadPackExchange.Head) {
    guard answer.1.status != 401 else {
      answer.0.settle()
      throw unauthorized(answer.1, nil, operation: operation)
    }
    return answer
  }

  private func attempt(
    _ request: HTTPRequest, _ credential: Credential?, operation: Operation
  ) throws -> (HTTPUploadPackExchange, HTTPUploadPackExchange.Head) {
    exchange?.settle()
    exchange = nil
    var request = request
    request.proxy = try transports.proxies.proxy(for: base.origin)
    request.headers.add("User-Agent", HTTPBase.userAgent)
    request.headers.add("Git-Protocol", "version=2")
    request.headers.add("Accept-Encoding", "gzip")
    if let credential { request.headers.add("Authorization", credential.authorization) }
    return try translating(operation) {
      do {
        return try once(request)
      } catch let failure as HTTPFailure where failure.kind == .connectionLost && !failure.answerBegan {
        return try once(request)
      }
    }
  }

  private func once(
    _ request: HTTPRequest
  ) throws -> (HTTPUploadPackExchange, HTTPUploadPackExchange.Head) {
    let remaining = deadline.remaining
    guard remaining > .zero else { throw DeadlineExceeded() }
    try cancellation.check()
    var request = request
    request.limits.silence = transports.configuration.silenceTimeout
    request.limits.total = remaining
    let exchange = HTTPUploadPackExchange(
      request, client: transports.client, gate: transports.gate(for: base.origin), cancellation: cancellation,
      deadline: deadline)
    self.exchange = exchange
    return (exchange, try exchange.waitForHead())
  }
}

extension HTTPUploadPack {
  /// As many as git follows by default is 20; a repository needs one or two.
  private static let maximumRedirects = 5

  /// Asks for the advertisement, and asks where the answer sends us. Only this first question is ever redirected.
  func followingRedirects() throws -> (HTTPUploadPackExchange, HTTPUploadPackExchange.Head) {
    var seen = [base]
    while true {
      var get = HTTPRequest(.get, base.url + HTTPBase.firstQuestion)
      get.headers.add("Accept", "*/*")
      get.headers.add("Pragma", "no-cache")
      get.limits.bodyBytes = transports.configuration.maximumAdvertisementBytes
      let (exchange, head) = try ask(get, operation: .listRefs)
      guard [301, 302, 303, 307, 308].contains(head.status) else { return (exchange, head) }
      exchange.settle()
      let next = try target(of: head)
      let way = seen.map(\.redacted) + [next.redacted]
      guard !seen.contains(where: { $0.url == next.url }) else {
        throw refusal("it redirects in a circle: \(way.joined(separator: " → "))", hint: nil)
      }
      guard seen.count <= Self.maximumRedirects else {
        throw refusal(
          "it redirects more than \(Self.maximumRedirects) times: \(way.joined(separator: " → "))", hint: nil)
      }
      seen.append(next)
      base = next
    }
  }

  private func target(of head: HTTPUploadPackExchange.Head) throws -> HTTPBase {
    guard let location = head.headers["Location"] else { throw refusal("it redirects to nowhere", hint: nil) }
    let absolute = base.resolve(location)
    let shown = SourceURL.withoutUserInfo(absolute)
    guard let next = HTTPBase(redirectedTo: absolute) else {
      throw refusal(
        "it redirects to '\(shown)', which is no place for git",
        hint: "the server may want a login; check the address and the credentials")
    }
    guard next.origin.isSecure || !base.origin.isSecure else {
      throw refusal("it redirects from https to http ('\(shown)')", hint: "mirror from a https address")
    }
    return next
  }

  private func refusal(_ cause: String, hint: String?) -> TransportError {
    TransportError(
      .redirectRefused, operation: Operation.listRefs.rawValue, subject: base.redacted, cause: cause, hint: hint)
  }
}
