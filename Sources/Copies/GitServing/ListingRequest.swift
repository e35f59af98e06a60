internal import GitProtocol

/// What `ls-refs` of version 2 asks for (gitprotocol-v2(5)), as far as we answer it ourselves.
struct ListingRequest: Sendable {
  var peels = false
  var showsSymbolicTargets = false
  var showsUnborn = false
  /// Beginnings of names; all are meant when there are none.
  var prefixes: [[UInt8]] = []

  /// As many prefixes as git takes before it lists everything (ls-refs.c, `TOO_MANY_PREFIXES`).
  private static let tooManyPrefixes = 65536

  /// - Returns: `nil` for another command and for anything that git may understand and we do not: then git answers.
  init?(_ body: [UInt8]) {
    guard let isListing = body.withUnsafeBytes({ parse($0) }), isListing else { return nil }
    if prefixes.count >= Self.tooManyPrefixes { prefixes = [] }
  }

  /// True when a name is asked for.
  func wants(_ name: UnsafeRawBufferPointer) -> Bool {
    prefixes.isEmpty || prefixes.contains { name.starts(with: $0) }
  }

  private mutating func parse(_ body: UnsafeRawBufferPointer) -> Bool? {
    var decoder = PktLineDecoder()
    var rest = body
    var isListing = false
    var inArguments = false
    // Damage is git's to complain about.
    while let packet = try? decoder.next(from: &rest) {
      switch packet {
      case .flush: return isListing
      case .responseEnd: return nil
      case .delimiter:
        guard !inArguments else { return nil }
        inArguments = true
      case .line(let bytes):
        let line = bytes.last == UInt8(ascii: "\n") ? UnsafeRawBufferPointer(rebasing: bytes.dropLast()) : bytes
        if inArguments {
          guard takeArgument(line) else { return nil }
        } else if line.elementsEqual("command=ls-refs".utf8) {
          isListing = true
        } else if !Self.isHarmless(line) {
          return nil
        }
      }
    }
    return nil
  }

  private static func isHarmless(_ capability: UnsafeRawBufferPointer) -> Bool {
    capability.starts(with: "agent=".utf8) || capability.elementsEqual("object-format=sha1".utf8)
  }

  private mutating func takeArgument(_ line: UnsafeRawBufferPointer) -> Bool {
    let prefix = "ref-prefix ".utf8
    if line.elementsEqual("peel".utf8) {
      peels = true
    } else if line.elementsEqual("symrefs".utf8) {
      showsSymbolicTargets = true
    } else if line.elementsEqual("unborn".utf8) {
      showsUnborn = true
    } else if line.starts(with: prefix) {
      if prefixes.count < Self.tooManyPrefixes { prefixes.append(Array(line.dropFirst(prefix.count))) }
    } else {
      return false
    }
    return true
  }
}

/// The header `Git-Protocol` of a request: keys and values with colons between, handed on to git as `GIT_PROTOCOL`.
struct ProtocolHeader: Sendable {
  /// What git gets; `nil` when there was none, or none that git would send.
  let value: String?

  /// git sends `version=2`; a much longer value, or one with unsafe characters, is ignored.
  init(_ text: String?) {
    value = text.flatMap { text in
      let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
      return isPlain && !text.isEmpty && text.utf8.count <= 256 ? text : nil
    }
  }

  /// The highest version that is named, as git reads it (protocol.c, `determine_protocol_version_server`).
  var version: Int {
    let named = (value ?? "").split(separator: ":").compactMap { entry -> Int? in
      switch entry {
      case "version=0": 0
      case "version=1": 1
      case "version=2": 2
      default: nil
      }
    }
    return named.max() ?? 0
  }
}
