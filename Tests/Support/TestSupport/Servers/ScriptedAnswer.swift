/// What a `ScriptedHTTPServer` answers.
package struct ScriptedAnswer: Sendable {
  package enum Part: Sendable {
    case bytes([UInt8])
    /// Called with 0, 1, 2, … until it returns nil: for answers too big to hold.
    case generated(@Sendable (Int) -> [UInt8]?)
    case pause(Duration)
    /// Nothing more, but the connection stays open until the client or the test closes it.
    case stall
    /// The connection ends here.
    case cut
    /// The connection breaks here (RST).
    case reset
  }

  package enum Framing: Sendable, Equatable {
    /// `Content-Length` with the true size; only for bodies of `bytes` and `pause`.
    case length
    /// `Content-Length` with any number.
    case declared(Int)
    case chunked
    /// No length; the end of the connection is the end of the body.
    case untilClose
    /// No head at all: the parts are the whole answer.
    case raw
  }

  package var status: Int
  package var headers: [(String, String)]
  package var parts: [Part]
  package var framing: Framing

  package init(_ status: Int, headers: [(String, String)] = [], parts: [Part] = [], framing: Framing = .length) {
    self.status = status
    self.headers = headers
    self.parts = parts
    self.framing = framing
  }

  package init(_ status: Int, type: String = "text/plain", _ text: String) {
    self.init(status, headers: [("Content-Type", type)], parts: [.bytes(Array(text.utf8))])
  }

  /// Returns a redirect to another URL.
  package static func redirect(_ status: Int = 302, to url: String) -> ScriptedAnswer {
    ScriptedAnswer(status, headers: [("Location", url)])
  }

  /// An HTML page where a Git client expects pkt-lines.
  package static let html = ScriptedAnswer(200, type: "text/html", "<!DOCTYPE html><title>Sign in</title>")

  /// The size of the body where it is known.
  var length: Int {
    parts.reduce(0) { sum, part in if case .bytes(let bytes) = part { sum + bytes.count } else { sum } }
  }
}
