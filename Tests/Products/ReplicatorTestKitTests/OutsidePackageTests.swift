import Foundation
import TestSupport
import Testing

/// The README's "Declare your own", done by another package: outside of this repository, with a dependency by path.
@Suite("A package outside")
struct OutsidePackageTests {
  private static let root = PackageFiles.root.path

  /// Returns the README's Swift blocks, in order: the manifest, the kinds, their tests.
  private static func blocks() throws -> [String] {
    let readme = try String(contentsOfFile: root + "/README.md", encoding: .utf8)
    return readme.components(separatedBy: "```swift\n").dropFirst().compactMap {
      $0.components(separatedBy: "```").first
    }
  }

  @Test("declares a widget and a gizmo in at most 30 lines, runs the kit and passes")
  func passes() async throws {
    let blocks = try Self.blocks()
    try #require(blocks.count == 3)
    #expect(blocks[1].split(separator: "\n", omittingEmptySubsequences: true).count <= 30)
    let directory = try TemporaryDirectory("outside")
    try directory.write(blocks[0].replacingOccurrences(of: "../remora", with: Self.root), to: "Package.swift")
    try directory.write(blocks[1], to: "Sources/Catalogue/Kinds.swift")
    try directory.write(blocks[2], to: "Tests/CatalogueTests/KindTests.swift")
    // Beside our own products, so that only the first run on a machine builds everything.
    let scratch = Self.root + "/.build/outside-package"
    var environment = ProcessInfo.processInfo.environment
    environment["SWIFT_BACKTRACE"] = "enable=no"
    let child = try ChildProcess(
      "swift", ["test", "--package-path", directory.path, "--scratch-path", scratch, "--disable-sandbox"],
      environment: environment)
    let outcome = try await child.outcome(within: .seconds(2_400))
    #expect(outcome.isSuccess, "\(outcome.text.suffix(3_000)) \(outcome.errorText.suffix(3_000))")
    #expect((outcome.text + outcome.errorText).contains("2 tests"), "\(outcome.text.suffix(2_000))")
  }
}
