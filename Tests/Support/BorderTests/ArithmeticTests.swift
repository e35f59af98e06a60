import Foundation
import TestSupport
import Testing

/// Numbers that other sites send are never added, subtracted or multiplied with an operator that traps.
///
/// A search for text cannot see types. So in the folders whose values come from other sites every trapping operator is listed here
/// with what it works on; a new one fails until it is written with `clampedSum`, `addingReportingOverflow` or the like, or is shown to work
/// on numbers of this program and listed.
@Suite struct ArithmeticTests {
  private static let folders = [
    "Sources/Agent/AgentAPI", "Sources/Agent/AgentClient", "Sources/Agent/Agent/Promotion", "Sources/Agent/Agent/Sites",
    "Sources/Agent/Agent/Wire",
    "Sources/Agent/SiteTokens/Site",
  ]
  private static let files = [
    "Sources/Agent/Agent/Primary/PrimaryAgent+promotion.swift", "Sources/Agent/Agent/Secondary/RemotePrimary.swift",
    "Sources/Agent/Agent/Secondary/SecondaryAgent+promotion.swift",
  ]

  /// Lines whose operands are no numbers of another site.
  private static let allowed: [String: [String]] = [
    "texts and lists": [
      "if let promotion = record.promotion { problems += former(promotion) }",
      "for name in [site] + [fencedBy].compactMap({ $0 }) where SiteName(name) == nil {",
      "bytes += listing.value(index)", "bytes += listing.name(index)",
      "while let piece = try await answer.next() { bytes += piece }",
      "case .url(let url): (url.hasSuffix(\"/\") ? String(url.dropLast()) : url) + pathAndQuery",
      "case .socket(let path): \"http+unix://\" + Self.encoded(path) + pathAndQuery",
      "let bytes = try AgentJSON.encode(report) + [UInt8(ascii: \"\\n\")]",
      "let bytes = [UInt8](try encoder.encode(record)) + [UInt8(ascii: \"\\n\")]",
      "return SourceAddress(location: url + path)",
      "self[\"health_status\"] = .text(site.health.text.prefix(1).uppercased() + site.health.text.dropFirst())",
      "package static let all = site + registry + between + graphQL + content + page",
      ".word(SyncWord.words + VerificationWord.words.filter { !SyncWord.words.contains($0) })),",
      "return rawValue[..<start] + AgentRoute.encoded(value) + rawValue[rawValue.index(after: end)...]",
      "package var jsonName: String { name.reduce(into: \"\") { $0 += $1.isUppercase ? \"_\\($1.lowercased())\" : \"\\($1)\" } }",
      "sites: [Self.own(status, at: now)] + (primary?.secondaries(lastEventID: status.lastEventId) ?? []))",
    ],
    "counts and positions in what is in memory": [
      "let name = bytes[(space + 1)..<end]", "start = end + 1",
      "else { throw WireError(\"line \\(listing.count + 1) of a listing\") }",
      "let space = bytes[start..<end].lastIndex(of: UInt8(ascii: \" \")), space + 1 < end",
      "row.count += 1", "row.unsynced += 1", "row.unverified += 1", "row.unchecked += 1",
      "state.publishing += 1", "state.publishing -= 1",
    ],
    "durations and moments, whose operators clamp": [
      "request.limits.silence = silence + wait", "request.limits.total = total + wait",
      "if Timestamp(report.receivedAt).map({ environment.now() - $0 > Self.expiration }) ?? true {",
    ],
    "floating point": [
      "guard (0...Double(SiteClaims.longestLife)).contains(end - issued) else {", "if issued > now + leeway {",
      "if end + leeway < now {", "if now < state.latest - Self.disorder {",
      "\"the clock of '\\(site)' is \\(Self.seconds(issued - now)) s ahead of ours, \\(Self.seconds(leeway)) s are allowed: \"",
      "\"the token of '\\(site)' was issued \\(Self.seconds(now - issued)) s ago by our clock and is too old; if it is new, \"",
      "let (end, isTooLate) = claims.exp.addingReportingOverflow(Int64((leeway + Self.disorder).rounded(.up)))",
    ],
    "the clock of this machine, and 128 random bits": [
      "let (replacement, end) = (keys, ContinuousClock.now + overlap)",
      "let (before, end) = (former.state.withLock { $0.sites }, ContinuousClock.now + Self.overlap)",
      "exp: issued + SiteClaims.longestLife, jti: TokenNonce().text,",
    ],
  ]

  /// `+`, `-`, `*` and their assignments between two operands, in blanked code. A line that begins or ends with the operator goes on with
  /// a text in nearly all cases; where it does not, the other part of it is found.
  private static func hasOperator(_ code: Substring) -> Bool {
    guard let regex = try? Regex(#"[\w)\]}?!] (\+|-|\*|\+=|-=|\*=) [\w(\[{.$]"#) else { return true }
    return code.firstMatch(of: regex) != nil
  }

  @Test("trapping operators on values from other sites")
  func operators() throws {
    let paths = Self.folders.flatMap { SourceTree.swiftFiles(below: $0) } + Self.files
    #expect(paths.count > 30, "the folders were not found")
    let allowed = Set(Self.allowed.values.joined())
    var found: [String] = []
    for path in paths {
      let text = SwiftText(try String(contentsOf: PackageFiles.url(path), encoding: .utf8))
      for (number, code) in text.code.enumerated() where Self.hasOperator(code) {
        let line = text.lines[number].trimmingCharacters(in: .whitespaces)
        if !allowed.contains(line) { found.append("\(path):\(number + 1): \(line)") }
      }
    }
    #expect(found == [], "\(found.joined(separator: "\n"))")
  }

  @Test("the search finds what it is for")
  func search() {
    for code in [
      "row.epoch + 1", "a.b() - c", "part * 10_000 / whole", "row.epoch += 1", "x[1] -= $0", "(a) * (b)", "a! + b",
    ] {
      #expect(Self.hasOperator(code[...]), "\(code)")
    }
    for code in [
      "a.addingReportingOverflow(1)", "position &+= 1", "-1", "f(-1)", "a -> b", "/* a */", "x = -y", "a ..< b",
    ] {
      #expect(!Self.hasOperator(code[...]), "\(code)")
    }
  }
}
