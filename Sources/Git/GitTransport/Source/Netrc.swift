/// The logins of a `.netrc` file, as ftp, curl and git read it.
///
/// Words are separated by blanks and line ends and may stand in double quotes, with `\` before a quote or a backslash.
/// `macdef` and its lines up to an empty one are skipped, as are comments (`#` where a keyword is expected) and words
/// that is unknown.
struct Netrc: Sendable {
  private struct Entry: Sendable {
    /// `nil` for `default`.
    let machine: String?
    var login: String?
    var password: String?
  }

  private var entries: [Entry] = []

  init(_ text: String) {
    var words = Words(text)
    while let word = words.nextKeyword() {
      switch word {
      case "machine": entries.append(Entry(machine: words.next()?.lowercased()))
      case "default": entries.append(Entry(machine: nil))
      case "macdef": words.skipToEmptyLine()
      case "login": setLast(\.login, words.next())
      case "password": setLast(\.password, words.next())
      case "account": _ = words.next()
      default: continue
      }
    }
  }

  /// The first entry for the host, or `default`, that has a password, and that is for `user` when one is asked for.
  func credential(host: String, user: String? = nil) -> (user: String, password: String)? {
    for entry in entries where entry.machine == nil || entry.machine == host.lowercased() {
      guard let password = entry.password, user == nil || entry.login == nil || entry.login == user else { continue }
      return (user ?? entry.login ?? "", password)
    }
    return nil
  }

  private mutating func setLast(_ part: WritableKeyPath<Entry, String?>, _ value: String?) {
    guard !entries.isEmpty else { return }
    entries[entries.count - 1][keyPath: part] = value
  }

  /// The words of the file one by one.
  private struct Words {
    private var rest: Substring.UnicodeScalarView

    init(_ text: String) { rest = text[...].unicodeScalars }

    mutating func nextKeyword() -> String? {
      while true {
        skipBlanks()
        guard rest.first == "#" else { return next() }
        rest = rest.drop { $0 != "\n" }
      }
    }

    mutating func next() -> String? {
      skipBlanks()
      guard let first = rest.first else { return nil }
      guard first == "\"" else {
        let word = rest.prefix { !$0.properties.isWhitespace }
        rest = rest[word.endIndex...]
        return String(word)
      }
      rest.removeFirst()
      var word = String.UnicodeScalarView()
      while let scalar = rest.popFirst(), scalar != "\"" {
        word.append(scalar == "\\" ? rest.popFirst() ?? scalar : scalar)
      }
      return String(word)
    }

    mutating func skipToEmptyLine() {
      while let lineEnd = rest.firstIndex(of: "\n") {
        let line = rest[..<lineEnd]
        rest = rest[rest.index(after: lineEnd)...]
        if line.allSatisfy(\.properties.isWhitespace) { return }
      }
      rest = rest[rest.endIndex...]
    }

    private mutating func skipBlanks() { rest = rest.drop(while: \.properties.isWhitespace) }
  }
}
