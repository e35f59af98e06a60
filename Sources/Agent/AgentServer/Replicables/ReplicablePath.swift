internal import AgentAPI
internal import HTTPTypes
internal import Hummingbird
internal import Logging
package import Replication
internal import TextBytes

/// The path of a URL of a replicable: `/AREA/KIND/ID…/ENDING`, or
/// `/AREA/KIND/.remora-incarnation/INCARNATION/ID…/ENDING` for one incarnation only; each part is percent-encoded
/// separately (product contract § 3).
///
/// Read from the raw path and strictly: with two spellings of one file, a check of one spelling could be bypassed by
/// the other.
package struct ReplicablePath: Hashable, Sendable {
  /// The name of the kind, as it was sent; the caller checks whether it exists.
  package let kind: String
  /// A valid id.
  package let id: String
  /// The requested one; `nil` for any that has the id.
  package let incarnation: Incarnation?

  /// Why a path is refused.
  enum Refusal: Error, Hashable {
    /// It breaks the rules of encoding or of ids: status 400.
    case malformed(String)
    /// It has another form: status 404.
    case notFound
  }

  /// - Parameters:
  ///   - path: as it was sent, without the query.
  ///   - area: its first part, `git` or `blobs`.
  ///   - ending: its last parts.
  ///   - suffix: the required ending of the id's last part, which is no part of the id.
  init(_ path: String, area: String, ending: [String] = [], suffix: String = "") throws(Refusal) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= 4 + ending.count, parts[0].isEmpty, parts[1] == area,
      parts.suffix(ending.count).elementsEqual(ending, by: ==)
    else { throw .notFound }
    kind = try Self.decoded(parts[2])
    var names: [String] = []
    for part in parts[3..<(parts.count - ending.count)] { names.append(try Self.decoded(part)) }
    if names[0] == AgentRoute.incarnationMark {
      guard names.count >= 3, let incarnation = Incarnation(names[1]) else {
        throw .malformed("no 16 digits and no id after '\(AgentRoute.incarnationMark)'")
      }
      self.incarnation = incarnation
      names.removeFirst(2)
    } else {
      incarnation = nil
    }
    if !suffix.isEmpty {
      guard let last = names.last, last.hasSuffix(suffix) else { throw .notFound }
      names[names.count - 1] = String(last.dropLast(suffix.count))
    }
    do {
      id = try ReplicableID(names.joined(separator: "/")).text
    } catch {
      throw .malformed("\(error)")
    }
  }

  /// One part. An encoded slash, a NUL, a bad escape and bytes that are no UTF-8 are refused.
  private static func decoded(_ part: Substring) throws(Refusal) -> String {
    guard let bytes = PercentCoding.decode(part.utf8) else { throw .malformed("a percent sign without two digits") }
    guard !bytes.isEmpty else { throw .malformed("an empty part") }
    guard !bytes.contains(where: { ForeignText.isControl($0) || $0 == UInt8(ascii: "/") }) else {
      throw .malformed("an encoded slash or control character")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed("a name that is no UTF-8") }
    return text
  }
}

/// A refusal with one line of text.
struct PlainRefusal: Error {
  let status: HTTPResponse.Status
  let text: String
  /// Seconds, for `Retry-After`.
  let retryAfter: Int64?
  /// Whether the connection ends with the answer. Hummingbird would read the rest of a request first, however slowly
  /// that drips in.
  let endsConnection: Bool
  /// Whether the client is Git LFS, which reads only its own JSON.
  let isLargeFiles: Bool

  init(
    _ status: HTTPResponse.Status, _ text: String, retryAfter: Int64? = nil, endsConnection: Bool = false,
    isLargeFiles: Bool = false
  ) {
    self.status = status
    self.text = text
    self.retryAfter = retryAfter
    self.endsConnection = endsConnection
    self.isLargeFiles = isLargeFiles
  }

  init(_ refusal: ReplicablePath.Refusal) {
    switch refusal {
    case .malformed(let reason): self.init(.badRequest, "the path is malformed: \(reason)")
    case .notFound: self.init(.notFound, "there is nothing at this path")
    }
  }

  /// The answer, after a line in the log.
  /// - Parameter reason: the text of the log in place of the answer's, if more detailed.
  func response(to request: Request, _ context: some RequestContext, because reason: String? = nil) -> Response {
    context.logger.log(
      level: status.code >= 500 ? .warning : .notice,
      "refused \(request.method.rawValue) \(request.uri.path.prefix(200)): \(reason ?? text)",
      metadata: ["status": "\(status.code)"])
    return response
  }

  private var response: Response {
    var headers: HTTPFields = [
      .contentType: "text/plain; charset=utf-8", .cacheControl: "no-cache", .xContentTypeOptions: "nosniff",
    ]
    if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
    if isLargeFiles { headers[.contentType] = "application/vnd.git-lfs+json" }
    let json = isLargeFiles ? try? AgentJSON.encode(["message": text]) : nil
    let line = json.map { ByteBuffer(bytes: $0) } ?? ByteBuffer(string: text + "\n")
    return Response(status, headers, line, endsConnection: endsConnection)
  }
}
