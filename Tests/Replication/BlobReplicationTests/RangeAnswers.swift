import Glibc
import TestSupport

/// What a correct server of one file answers, ranges included.
struct RangeAnswers: Sendable {
  var content: [UInt8]
  var validator = "\"v1\""

  var headers: [(String, String)] { [("ETag", validator), ("Accept-Ranges", "bytes")] }

  func answer(_ request: ReceivedRequest) -> ScriptedAnswer {
    guard let range = request.headers["range"], let first = Int(range.dropFirst("bytes=".count).dropLast()),
      request.headers["if-range"] ?? validator == validator
    else { return whole }
    guard first < content.count else {
      return ScriptedAnswer(416, headers: headers + [("Content-Range", "bytes */\(content.count)")])
    }
    return part(from: first)
  }

  var whole: ScriptedAnswer { ScriptedAnswer(200, headers: headers, parts: [.bytes(content)]) }

  func part(from first: Int, header: String? = nil) -> ScriptedAnswer {
    let range = header ?? "bytes \(first)-\(content.count - 1)/\(content.count)"
    return ScriptedAnswer(
      206, headers: headers + [("Content-Range", range)], parts: [.bytes(Array(content[first...]))])
  }

  /// Returns the beginning, and the end of the connection once all of it is in the part: what a client has not read
  /// when a connection ends, it may never read.
  func cut(after count: Int, part: String, headers: [(String, String)]? = nil) -> ScriptedAnswer {
    ScriptedAnswer(
      200, headers: headers ?? self.headers,
      parts: [.bytes(Array(content.prefix(count))), Self.wait(until: part, has: count), .cut],
      framing: .declared(content.count))
  }

  /// Waits for a file to grow, 30 s at most.
  static func wait(until path: String, has count: Int) -> ScriptedAnswer.Part {
    .generated { _ in
      let end = ContinuousClock.now + .seconds(30)
      var status = stat()
      while lstat(path, &status) != 0 || status.st_size < count, ContinuousClock.now < end { sched_yield() }
      return nil
    }
  }
}
