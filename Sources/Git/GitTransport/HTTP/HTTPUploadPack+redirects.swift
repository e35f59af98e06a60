import BoundedHTTP

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
