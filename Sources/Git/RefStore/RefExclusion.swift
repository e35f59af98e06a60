package import GitValues

/// The rules by which a copy leaves out refs: globs over full ref names.
///
/// `*` stands for any run of bytes, slashes included, `?` for one byte. A rule without either names a ref and everything
/// below it, as git's `transfer.hideRefs` does: `refs/pull` leaves out `refs/pull/1/head`.
package struct RefExclusion: Hashable, Sendable {
  package let rules: [String]
  private let patterns: [[UInt8]]

  package static let none = RefExclusion([])

  package init(_ rules: [String]) {
    self.rules = rules
    patterns = rules.map { Array($0.utf8) }
  }

  package var isEmpty: Bool { rules.isEmpty }

  /// Why a rule cannot match the name of any ref; `nil` when it can.
  package static func reasonForMatchingNothing(_ rule: String) -> String? {
    let literal = rule.prefix { $0 != "*" && $0 != "?" }
    let isPattern = literal.utf8.count < rule.utf8.count
    let root = "refs/"
    guard literal.hasPrefix(root) || isPattern && root.hasPrefix(literal) || rule == "refs" else {
      return rule == "HEAD" ? "HEAD is always mirrored" : "names begin with 'refs/'; write '\(root)…' or '*…'"
    }
    // What git-check-ref-format(1) forbids, `*` and `?` aside.
    if let byte = rule.utf8.first(where: { $0 <= 0x20 || $0 == 0x7F || "~^:\\[".utf8.contains($0) }) {
      let shown = Character(Unicode.Scalar(byte))
      let hint = byte == UInt8(ascii: "[") ? "; only * and ? stand for others" : ""
      return "no name holds \(byte <= 0x20 || byte == 0x7F ? "a blank or a control character" : "'\(shown)'")\(hint)"
    }
    if let part = ["..", "//", "@{", "/."].first(where: rule.contains) { return "no name holds '\(part)'" }
    if rule.hasSuffix(".lock") || rule.hasSuffix(".") { return "no name ends so" }
    return nil
  }

  package func excludes(_ name: UnsafeRawBufferPointer) -> Bool {
    patterns.contains { Self.matches($0, name) }
  }

  /// The listing without what the rules leave out.
  package func applied(to refs: RefListing) -> RefListing {
    guard !isEmpty else { return refs }
    var kept = RefListing()
    for index in 0..<refs.count {
      refs.withName(at: index) { name in
        if !excludes(name) { kept.append(name: name, oid: refs.oid(at: index), peeled: refs.peeled(at: index)) }
      }
    }
    return kept
  }

  private static func matches(_ pattern: [UInt8], _ name: UnsafeRawBufferPointer) -> Bool {
    guard pattern.contains(where: { $0 == star || $0 == question }) else {
      guard name.starts(with: pattern) else { return false }
      return name.count == pattern.count || pattern.last == slash || name[pattern.count] == slash
    }
    // Greedy match with one point to return to: linear for any pattern in practice, quadratic at worst.
    var position = 0
    var patternPosition = 0
    var lastStar: (pattern: Int, name: Int)?
    while position < name.count {
      if patternPosition < pattern.count, pattern[patternPosition] == star {
        lastStar = (patternPosition, position)
        patternPosition += 1
      } else if patternPosition < pattern.count,
        pattern[patternPosition] == question || pattern[patternPosition] == name[position]
      {
        patternPosition += 1
        position += 1
      } else if let star = lastStar {
        patternPosition = star.pattern + 1
        position = star.name + 1
        lastStar = (star.pattern, star.name + 1)
      } else {
        return false
      }
    }
    return pattern[patternPosition...].allSatisfy { $0 == star }
  }

  private static let star = UInt8(ascii: "*")
  private static let question = UInt8(ascii: "?")
  private static let slash = UInt8(ascii: "/")
}
