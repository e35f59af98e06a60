internal import Foundation
internal import Yams

/// Parses a file's text into a tree with positions.
enum ConfigurationDocument {
  typealias Issue = ConfigurationError.Issue

  static let longest = 1 << 20

  /// - Throws: `ConfigurationError` with the first position that is invalid YAML; the rest is not parsed.
  static func compose(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> Node {
    func refuse(_ line: Int, _ column: Int, _ message: String) -> ConfigurationError {
      ConfigurationError(file, [Issue(line: line, column: column, key: "", message: message)])
    }
    guard bytes.count <= longest else { throw refuse(0, 0, "longer than 1 MiB; give a configuration") }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw refuse(0, 0, "not UTF-8; save it as UTF-8") }
    if let place = anchor(text) {
      throw refuse(
        place.line, place.column, "an anchor (&); write the value out, or put it in quotes without the space")
    }
    do {
      if let node = try Yams.compose(yaml: text) { return node }
    } catch let error as YamlError {
      let (line, column, problem) = place(of: error, in: text)
      throw refuse(line, column, "\(problem); correct the YAML (a text that begins with * or & wants quotes)")
    } catch {
      throw refuse(0, 0, "no YAML (\(error)); correct it")
    }
    throw refuse(0, 0, "empty; begin with 'remora config example primary' or 'secondary'")
  }

  /// Returns the first anchor, which is refused: with aliases, which need anchors, a few lines could expand to more
  /// nodes than memory holds. Text in quotes or comments that looks like an anchor is refused as well: only the parser,
  /// which this check protects, could distinguish it.
  private static func anchor(_ text: String) -> (line: Int, column: Int)? {
    var line = 1
    var column = 0
    var last: UInt8 = 0x0a
    let bytes = Array(text.utf8)
    for (index, byte) in bytes.enumerated() {
      column += byte & 0xc0 == 0x80 ? 0 : 1
      let isFree = last <= 0x20 || Array("[{,-:?!".utf8).contains(last)
      if byte == 0x26, isFree, index + 1 < bytes.count, bytes[index + 1] > 0x20 { return (line, column) }
      if byte == 0x0a {
        line += 1
        column = 0
      }
      last = byte
    }
    return nil
  }

  private static func place(of error: YamlError, in text: String) -> (line: Int, column: Int, problem: String) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return (mark.line, mark.column, problem)
    case .reader(let problem, let offset, _, _):
      let before = text.prefix(offset ?? 0)
      let line = before.count { $0.isNewline } + 1
      return (line, before.reversed().prefix { !$0.isNewline }.count + 1, problem)
    case .duplicatedKeysInMapping(let keys, let context):
      return (context.mark.line, context.mark.column, "written twice: \(keys.sorted().joined(separator: ", "))")
    default:
      return (0, 0, "no YAML")
    }
  }
}
