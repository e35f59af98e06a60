import GitProtocol
import GitValues
import TestSupport
import Testing

/// What a server or the network may do to a stream: cut it at any byte, or change any byte.
@Suite("A damaged stream")
struct DamagedStreamTests {
  enum Stream: CaseIterable {
    case advertisement0, advertisement2, listing, fetch2, fetch0, barePack

    var wire: Wire {
      let one = oid("1"), two = oid("2")
      let pack = Array("PACK0123456789".utf8)
      return switch self {
      case .advertisement0:
        Wire().line("# service=git-upload-pack").flush
          .packet(Array("\(one) HEAD\0ofs-delta symref=HEAD:refs/heads/main\n".utf8)).line("\(one) refs/heads/main")
          .line("\(two) refs/tags/v1").line("\(one) refs/tags/v1^{}").flush
      case .advertisement2: Wire().line("version 2").line("ls-refs=unborn").line("fetch").flush
      case .listing:
        Wire().line("\(one) HEAD symref-target:refs/heads/main").line("\(one) refs/heads/main")
          .line("\(two) refs/tags/v1 peeled:\(one)").flush
      case .fetch2: Wire().line("packfile").band(2, Array("Hi\n".utf8)).band(1, pack).flush
      case .fetch0: Wire().line("NAK").band(1, pack).flush
      case .barePack: Wire().line("NAK").adding(pack)
      }
    }

    /// Reads it whole.
    func read(_ bytes: [UInt8], pieces: Int) throws {
      let wire = Wire().adding(bytes)
      switch self {
      case .advertisement0, .advertisement2: _ = try readAdvertisement(wire, pieces: pieces)
      case .listing: _ = try readListing(wire, pieces: pieces)
      case .fetch2: _ = try readFetch(wire, framing: .version2, pieces: pieces)
      case .fetch0: _ = try readFetch(wire, framing: .version0(sideBand: true), pieces: pieces)
      case .barePack: _ = try readFetch(wire, framing: .version0(sideBand: false), pieces: pieces)
      }
    }
  }

  @Test("that ends too early is never taken for whole", arguments: Stream.allCases)
  func truncated(stream: Stream) throws {
    let bytes = stream.wire.bytes
    try stream.read(bytes, pieces: 1)
    // A bare pack has no end of its own: whether it is whole, only the pack's checksum can say.
    let first = stream == .barePack ? Wire().line("NAK").bytes.count : bytes.count - 1
    for length in 0...first {
      for pieces in [1, 4096] {
        let code = try code { try stream.read(Array(bytes.prefix(length)), pieces: pieces) }
        #expect(code == .truncated, "\(stream) cut after \(length) bytes")
      }
    }
  }

  @Test("that is changed anywhere gives an answer or a protocol error", arguments: Stream.allCases)
  func mutated(stream: Stream) throws {
    var generator = SeededGenerator(seed: 20_26)
    let original = stream.wire.bytes
    for _ in 0..<10_000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let position = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[position] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: position)
        default: if bytes.count > 1 { bytes.remove(at: position) }
        }
      }
      // Any error but a ProtocolError leaves `code` and fails the test.
      _ = try code { try stream.read(bytes, pieces: Int.random(in: 1...64, using: &generator)) }
    }
  }
}
