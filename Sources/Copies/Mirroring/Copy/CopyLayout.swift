internal import DurableFiles
package import RefStore
package import SystemPackage

/// The paths in a copy. Remora's own files are below `remora/`, except the reflog that keeps dropped objects reachable.
package struct CopyLayout: Hashable, Sendable {
  package let root: FilePath

  package init(root: FilePath) { self.root = root }

  package var head: FilePath { root.appending("HEAD") }
  package var headLock: FilePath { root.appending("HEAD.lock") }
  package var packedRefs: FilePath { root.appending("packed-refs") }
  package var packedRefsLock: FilePath { root.appending("packed-refs.lock") }
  package var configuration: FilePath { root.appending("config") }
  package var refs: FilePath { root.appending("refs") }
  package var objects: FilePath { root.appending("objects") }
  package var packs: FilePath { objects.appending("pack") }

  /// Everything of Remora's own.
  package var own: FilePath { root.appending("remora") }
  /// Held by flock(2) by the one run at work.
  package var ownerLock: FilePath { own.appending("lock") }
  /// The result of the last run, with the stamps by which the next run detects changes.
  package var state: FilePath { own.appending("state.json") }
  package var journal: FilePath { own.appending("refs.journal.jsonl") }
  /// Files of a running run; if it exists at the start of a run, another one died.
  package var staging: FilePath { own.appending("staging") }

  /// No file that a copy keeps its refs in is larger: 60 million refs take 4 GiB.
  package static let maximumFileBytes = 1 << 36

  /// A reflog without a ref: git's gc and prune keep every object that it names.
  package var droppedLog: FilePath { root.appending("logs").appending("refs").appending("remora").appending("dropped") }
}

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
