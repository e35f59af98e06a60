import Foundation
import TestSupport
import Testing

@testable import Agent

/// The list of what an agent writes and the package's purge say the same.
@Suite("Contents of the state directory")
struct StateContentsTests {
  private static func script() throws -> String {
    try String(contentsOf: Fixtures.url("../.packaging/postrm").standardizedFileURL, encoding: .utf8)
  }

  @Test("the package purges each name of the list, and no other")
  func names() throws {
    let list = try #require(try Self.script().firstMatch(of: /entries="([^"]*)"/)).output.1
    #expect(list.split { $0.isWhitespace }.map(String.init).sorted() == StateContents.names.sorted())
    #expect(Set(StateContents.names).count == StateContents.names.count)
  }

  @Test("and each pattern of leftovers")
  func leftovers() throws {
    let script = try Self.script()
    for pattern in StateContents.leftovers { #expect(script.contains("/var/lib/remora/\(pattern)"), "\(pattern)") }
  }

  @Test("no name leads out of the directory, nor takes all of it")
  func harmless() {
    for name in StateContents.names {
      #expect(!name.contains("/") && !name.contains("*") && !name.hasPrefix(".") && !name.contains(" "))
    }
  }
}
