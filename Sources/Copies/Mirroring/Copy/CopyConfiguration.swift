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
    // By bytes: what others wrote there need not be UTF-8, and stays as it is.
    let newline = UInt8(ascii: "\n")
    var kept: [ArraySlice<UInt8>] = []
    var isOurs = false
    for line in existing.split(separator: newline, omittingEmptySubsequences: false) {
      if line.first == UInt8(ascii: "[") {
        // An editor may have written CR LF.
        let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        isOurs = text.starts(with: "[remora]".utf8) || text.elementsEqual(Self.collectionHeader.utf8)
      }
      if !isOurs { kept.append(line) }
    }
    while kept.last?.isEmpty == true { kept.removeLast() }
    return Array(kept.joined(separator: [newline])) + [newline] + sections
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
