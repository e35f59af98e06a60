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
