import GitTransport

/// A server that answers from a script and records its requests. A model of the port's rules: it fails when they
/// are violated.
final class ScriptedChannel: UploadPackChannel {
  /// One answer: bytes in pieces, then an end or an error.
  struct Answer {
    var bytes: [UInt8] = []
    var error: TransportError?
    var pieces = Int.max
  }

  var isStateless = true
  var mayAssumeVersion2 = false
  var advertisement = Answer()
  var answers: [Answer] = []
  var diagnostics = ""

  private(set) var advertisementCount = 0
  private(set) var requests: [String] = []
  private(set) var isVersion2Noted = false
  private(set) var endings: [String] = []

  func openAdvertisement() throws -> any ByteSource {
    precondition(endings.isEmpty, "an ended channel is not used")
    precondition(isStateless || advertisementCount == 0, "a child advertises once")
    advertisementCount += 1
    return Source(advertisement)
  }

  func send(_ request: [UInt8]) throws -> any ByteSource {
    precondition(endings.isEmpty, "an ended channel is not used")
    precondition(isStateless || advertisementCount == 1, "a child advertises first")
    requests.append(String(decoding: request, as: UTF8.self))
    precondition(!answers.isEmpty, "the script has no answer to \(requests.last ?? "")")
    return Source(answers.removeFirst())
  }

  func noteVersion2() { isVersion2Noted = true }
  func finish() { endings.append("finish") }
  func abort() { endings.append("abort") }

  private final class Source: ByteSource {
    private var answer: Answer
    init(_ answer: Answer) { self.answer = answer }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
      if answer.bytes.isEmpty, let error = answer.error { throw error }
      let count = min(buffer.count, answer.pieces, answer.bytes.count)
      buffer.copyBytes(from: answer.bytes.prefix(count))
      answer.bytes.removeFirst(count)
      return count
    }
  }
}

/// Packets: each line gets its length; an empty line is a flush, `--` a delimiter.
func packets(_ lines: String...) -> [UInt8] {
  lines.flatMap { line -> [UInt8] in
    if line.isEmpty { return Array("0000".utf8) }
    if line == "--" { return Array("0001".utf8) }
    let digits = String(line.utf8.count + 4, radix: 16)
    return Array((String(repeating: "0", count: 4 - digits.count) + digits + line).utf8)
  }
}
