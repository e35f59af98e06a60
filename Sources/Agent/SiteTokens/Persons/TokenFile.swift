package import Foundation
import TextBytes

/// The tokens that have names, in a file of the state directory: read by the agent at its start and at SIGHUP, changed by
/// `remora token`.
///
/// The file is replaced in one step: after a crash it has the old tokens or the new ones. A command holds `tokens.json.new` while it
/// changes the file, so that of two commands at once one is refused.
package struct TokenFile: Sendable {
  private struct Document: Codable {
    var format = 1
    var tokens: [NamedToken]
  }

  /// `<state>/tokens.json`.
  package let path: String

  /// Tokens that a file may hold.
  package static let most = 1_000
  private static let longestFile = 1 << 20

  /// - Parameter state: the state directory.
  package init(state: String) { path = "\(state)/tokens.json" }

  /// The tokens, in the order in which they were made; none where there is no file.
  ///
  /// - Throws: `SecretFileError` for a file that others may use, or that is not this version's.
  package func read() throws(SecretFileError) -> [NamedToken] {
    guard access(path, F_OK) == 0 || errno != ENOENT else { return [] }
    let bytes = try SecretFile.read(path, shortest: 2, longest: Self.longestFile, isForOwner: true)
    do {
      let document = try Self.decoder.decode(Document.self, from: Data(bytes))
      guard document.format == 1 else {
        throw SecretFileError(
          path, "its format is \(document.format), 1 is known", hint: "run the version that wrote it")
      }
      return document.tokens
    } catch let error as SecretFileError {
      throw error
    } catch {
      throw SecretFileError(path, "it is no list of tokens", hint: "bring it back from a backup, or remove it")
    }
  }

  /// Adds a token, and gives its text, which is kept nowhere.
  ///
  /// - Throws: `SecretFileError` for a name that breaks the rule or is taken, and what writing throws.
  package func add(
    _ name: String, role: Role, kinds: [String]? = nil, expiresAt: Date? = nil, at now: Date
  ) throws(SecretFileError) -> String {
    guard SiteName(name) != nil, ![PersonTokens.fileNames.admin, PersonTokens.fileNames.reader].contains(name) else {
      throw SecretFileError(
        path, "'\(name.prefix(80))' is no name of a token",
        hint: "\(SiteName.rule); 'admin' and 'reader' are those of the two files")
    }
    var random = SystemRandomNumberGenerator()
    let text = "remora_" + Hex.text((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    try change { (tokens) throws(SecretFileError) in
      guard !tokens.contains(where: { $0.name == name }) else {
        throw SecretFileError(path, "there is a token '\(name)'", hint: "revoke it first, or choose another name")
      }
      guard tokens.count < Self.most else {
        throw SecretFileError(path, "it has \(tokens.count) tokens", hint: "revoke some first")
      }
      tokens.append(
        NamedToken(
          name: name, role: role, kinds: kinds, createdAt: now, expiresAt: expiresAt,
          digest: PersonTokens.digest(ofToken: text)))
    }
    return text
  }

  /// Takes a token out.
  ///
  /// - Throws: `SecretFileError` when there is none of that name, and what writing throws.
  package func revoke(_ name: String) throws(SecretFileError) {
    try change { (tokens) throws(SecretFileError) in
      let count = tokens.count
      tokens.removeAll { $0.name == name }
      guard tokens.count < count else {
        throw SecretFileError(path, "there is no token '\(name.prefix(80))'", hint: "see 'remora token list'")
      }
    }
  }

  private func change(_ body: (inout [NamedToken]) throws(SecretFileError) -> Void) throws(SecretFileError) {
    let draft = try SecretFile.Draft("\(path).new")
    var tokens = try read()
    try body(&tokens)
    let bytes: Data
    do { bytes = try Self.encoder.encode(Document(tokens: tokens)) } catch {
      throw SecretFileError(path, "the tokens cannot be written as JSON: \(error)", hint: "choose a nearer expiry")
    }
    try draft.replace(path, with: Array(bytes) + [UInt8(ascii: "\n")])
  }

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    return encoder
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.dateDecodingStrategy = .iso8601
    return decoder
  }
}
