/// Commands that messages name for an operator to type. What they print is accepted by the program: its tests parse
/// each.
package enum OperatorCommand {
  /// The entries of a kind, of one state or of all.
  package static func list(_ kind: String, state: SyncWord? = nil, verificationState: VerificationWord? = nil) -> String
  {
    "remora registry list --kind \(kind)" + (state.map { " --state \($0.rawValue)" } ?? "")
      + (verificationState.map { " --verification-state \($0.rawValue)" } ?? "")
  }

  /// Why one replicable is as it is.
  package static func explain(_ kind: String, _ id: String) -> String { "remora explain --kind \(kind) \(word(id))" }

  /// A sync now.
  package static func resync(_ kind: String, _ id: String) -> String {
    "remora registry resync --kind \(kind) \(word(id))"
  }

  /// A verification now.
  package static func reverify(_ kind: String, _ id: String) -> String {
    "remora registry reverify --kind \(kind) \(word(id))"
  }

  /// Lets removals go on that wait.
  package static func confirmRemovals(_ kind: String) -> String { "remora registry confirm-removals --kind \(kind)" }

  /// Switches a feature on.
  package static func enable(_ feature: String) -> String { "remora feature enable \(feature)" }

  /// The trash of a kind.
  package static func trash(_ kind: String) -> String { "remora trash list --kind \(kind)" }

  /// Every command, with sample values, for the test that types them.
  package static func samples(kind: String, id: String) -> [String] {
    [
      list(kind), list(kind, state: .failed), list(kind, verificationState: .failed), explain(kind, id),
      resync(kind, id), reverify(kind, id), confirmRemovals(kind), enable("geo_\(kind)_replication"), trash(kind),
    ]
  }

  /// Returns one word of a shell. Special characters are quoted, and an id that begins with `-` is not taken for an
  /// option.
  private static func word(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    let quoted = isPlain && !text.isEmpty ? text : "'\(text.replacing("'", with: "'\\''"))'"
    return text.hasPrefix("-") ? "-- \(quoted)" : quoted
  }
}
