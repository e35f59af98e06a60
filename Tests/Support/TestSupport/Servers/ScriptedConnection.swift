import Glibc

/// One connection of a `ScriptedHTTPServer`.
final class ScriptedConnection {
  private let client: Int32
  private let index: Int
  private let connections: LoopbackService.Connections
  private var pending: [UInt8] = []

  init(client: Int32, index: Int, connections: LoopbackService.Connections) {
    self.client = client
    self.index = index
    self.connections = connections
  }

  func serve(_ respond: (ReceivedRequest) -> ScriptedAnswer) {
    while let request = readRequest() {
      let answer = respond(request)
      guard send(answer), answer.framing != .untilClose, answer.framing != .raw,
        request.headers["connection"] != "close"
      else { break }
    }
    shutdown(client, Int32(SHUT_WR))
    connections.release(client)
  }

  // MARK: Requests

  private func readRequest() -> ReceivedRequest? {
    guard let head = take(through: "\r\n\r\n") else { return nil }
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    if headers["expect"]?.lowercased() == "100-continue" { _ = send("HTTP/1.1 100 Continue\r\n\r\n") }
    guard let body = readBody(headers) else { return nil }
    return ReceivedRequest(
      method: String(words[0]), target: String(words[1]), headers: headers, body: body, connection: index)
  }

  private func readBody(_ headers: [String: String]) -> [UInt8]? {
    if headers["transfer-encoding"]?.lowercased() == "chunked" {
      var body: [UInt8] = []
      while let line = take(through: "\r\n") {
        guard let size = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16) else { return nil }
        guard let chunk = take(size), take(2) != nil else { return nil }
        if size == 0 { return body }
        body += chunk
      }
      return nil
    }
    return take(headers["content-length"].flatMap { Int($0) } ?? 0)
  }

  private func take(through end: String) -> [UInt8]? {
    let pattern = Array(end.utf8)
    while true {
      if let position = Bytes.firstIndex(of: pattern, in: pending) { return take(position + pattern.count) }
      guard fill() else { return nil }
    }
  }

  private func take(_ count: Int) -> [UInt8]? {
    while pending.count < count { guard fill() else { return nil } }
    defer { pending.removeFirst(count) }
    return Array(pending.prefix(count))
  }

  private func fill() -> Bool {
    let bytes = LoopbackSocket.receive(from: client)
    pending += bytes
    return !bytes.isEmpty
  }

  // MARK: Answers

  /// Returns false when the connection is at its end.
  private func send(_ answer: ScriptedAnswer) -> Bool {
    if answer.framing != .raw {
      var head = "HTTP/1.1 \(answer.status) Scripted\r\n"
      switch answer.framing {
      case .length: head += "Content-Length: \(answer.length)\r\n"
      case .declared(let length): head += "Content-Length: \(length)\r\n"
      case .chunked: head += "Transfer-Encoding: chunked\r\n"
      case .untilClose: head += "Connection: close\r\n"
      case .raw: break
      }
      for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
      guard send(head + "\r\n") else { return false }
    }
    for part in answer.parts { guard send(part, framing: answer.framing) else { return false } }
    return answer.framing == .chunked ? send("0\r\n\r\n") : true
  }

  private func send(_ part: ScriptedAnswer.Part, framing: ScriptedAnswer.Framing) -> Bool {
    switch part {
    case .bytes(let bytes): return sendBody(bytes, framing: framing)
    case .generated(let next):
      var number = 0
      while let bytes = next(number) {
        guard sendBody(bytes, framing: framing) else { return false }
        number += 1
      }
      return true
    case .pause(let duration): return connections.pause(duration)
    case .stall:
      // Until the client closes or a stop breaks the connection; what it sends meanwhile is not answered.
      while fill() { pending.removeAll() }
      return false
    case .cut: return false
    case .reset:
      LoopbackSocket.resetOnClose(client)
      connections.release(client)
      return false
    }
  }

  private func sendBody(_ bytes: [UInt8], framing: ScriptedAnswer.Framing) -> Bool {
    guard framing == .chunked else { return LoopbackSocket.send(bytes, to: client) }
    if bytes.isEmpty { return true }
    return send("\(String(bytes.count, radix: 16))\r\n") && LoopbackSocket.send(bytes, to: client) && send("\r\n")
  }

  private func send(_ text: String) -> Bool { LoopbackSocket.send(text.utf8, to: client) }
}
