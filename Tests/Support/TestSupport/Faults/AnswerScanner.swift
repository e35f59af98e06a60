/// Finds the ends of HTTP answers and of the pkt-lines in their bodies, byte by byte, without changing anything.
struct AnswerScanner {
  private enum Phase {
    case header([UInt8])
    case body(remaining: Int)
    case bodyUntilClose
    case chunkSize([UInt8])
    case chunk(remaining: Int)
    case chunkEnd(remaining: Int)
    case trailer([UInt8])
    case raw
  }

  private enum Packet {
    case length([UInt8])
    case payload(remaining: Int)
    /// Not pkt-lines: nothing is counted until the next answer.
    case unknown
  }

  private(set) var packets = 0
  private(set) var responses = 0
  private var phase: Phase
  private var packet = Packet.length([])

  /// - Parameter isHTTP: false for a stream that is pkt-lines from its first byte.
  init(isHTTP: Bool) { phase = isHTTP ? .header([]) : .raw }

  mutating func take(_ byte: UInt8) {
    switch phase {
    case .raw, .bodyUntilClose:
      takePayload(byte)
    case .header(var text):
      text.append(byte)
      phase = .header(text)
      if text.suffix(4).elementsEqual("\r\n\r\n".utf8) { beginBody(after: String(decoding: text, as: UTF8.self)) }
    case .body(let remaining):
      takePayload(byte)
      if remaining == 1 { endResponse() } else { phase = .body(remaining: remaining - 1) }
    case .chunkSize(var text):
      text.append(byte)
      phase = .chunkSize(text)
      if byte == UInt8(ascii: "\n") {
        let digits = text.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: ";") }
        let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) ?? 0
        phase = size == 0 ? .trailer([]) : .chunk(remaining: size)
      }
    case .chunk(let remaining):
      takePayload(byte)
      phase = remaining == 1 ? .chunkEnd(remaining: 2) : .chunk(remaining: remaining - 1)
    case .chunkEnd(let remaining):
      phase = remaining == 1 ? .chunkSize([]) : .chunkEnd(remaining: remaining - 1)
    case .trailer(var line):
      line.append(byte)
      if byte != UInt8(ascii: "\n") {
        phase = .trailer(line)
      } else if line.count == 2 {
        endResponse()
      } else {
        phase = .trailer([])
      }
    }
  }

  private mutating func beginBody(after header: String) {
    packet = .length([])
    let lines = header.lowercased().split(separator: "\r\n")
    let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    if (100..<200).contains(status) {
      phase = .header([])
    } else if status == 204 || status == 304 {
      endResponse()
    } else if lines.contains("transfer-encoding: chunked") {
      phase = .chunkSize([])
    } else if let line = lines.first(where: { $0.hasPrefix("content-length:") }) {
      let length = Int(line.dropFirst(15).drop { $0 == " " }) ?? 0
      if length == 0 { endResponse() } else { phase = .body(remaining: length) }
    } else {
      phase = .bodyUntilClose
    }
  }

  private mutating func endResponse() {
    responses += 1
    phase = .header([])
  }

  private mutating func takePayload(_ byte: UInt8) {
    switch packet {
    case .unknown: break
    case .length(var digits):
      digits.append(byte)
      guard digits.count == 4 else {
        packet = .length(digits)
        return
      }
      guard let length = Int(String(decoding: digits, as: UTF8.self), radix: 16) else {
        packet = .unknown
        return
      }
      if length <= 4 { endPacket() } else { packet = .payload(remaining: length - 4) }
    case .payload(let remaining):
      if remaining == 1 { endPacket() } else { packet = .payload(remaining: remaining - 1) }
    }
  }

  private mutating func endPacket() {
    packets += 1
    packet = .length([])
  }
}
