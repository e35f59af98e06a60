internal import DurableFiles
package import RefStore

/// What Remora writes into a copy's `config`: that nothing may be dropped by gc, where the copy comes from, which refs it
/// leaves out.
package struct CopyConfiguration: Hashable, Sendable {
  /// The source without user info.
  package var source: String
  package var exclusion: RefExclusion

  package init(source: String, exclusion: RefExclusion) {
    self.source = source
    self.exclusion = exclusion
  }

  /// The whole file of a new copy.
  var newFile: [UInt8] {
    Array("[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n".utf8) + sections
  }

  /// An existing file with our sections in place of those that we wrote before. Later lines win in git's configuration, so
  /// ours come last.
  func replacing(in existing: [UInt8]) -> [UInt8] {
    var kept: [Substring] = []
    var isOurs = false
    for line in String(decoding: existing, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("[") { isOurs = line.hasPrefix("[remora]") || line == Self.collectionHeader }
      if !isOurs { kept.append(line) }
    }
    while kept.last?.isEmpty == true { kept.removeLast() }
    return Array((kept.joined(separator: "\n") + "\n").utf8) + sections
  }

  private static let collectionHeader = "[gc] # kept by remora"

  private var sections: [UInt8] {
    var text = Self.collectionHeader + "\n\tauto = 0\n\treflogExpire = never\n\treflogExpireUnreachable = never\n"
    text += "[remora]\n\tsource = \(Self.quoted(source))\n"
    for rule in exclusion.rules { text += "\texcludeRef = \(Self.quoted(rule))\n" }
    return Array(text.utf8)
  }

  private static func quoted(_ value: String) -> String {
    var quoted = "\""
    for character in value {
      switch character {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      default: quoted.append(character)
      }
    }
    return quoted + "\""
  }
}
