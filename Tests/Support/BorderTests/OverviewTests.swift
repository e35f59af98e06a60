import Foundation
import TestSupport
import Testing

/// Checks that every target has an overview page, and that the symbols that its topics name exist.
@Suite struct OverviewTests {
  /// Targets with Swift files or public headers. System libraries have neither: a module map and a shim need no page.
  private static func places() throws -> [SourceTree.Place] {
    try SourceTree.places().filter { place in
      let files = SourceTree.swiftFiles(below: place.sources).count
      // The executable is one file that calls another target.
      if place.target == "remora", files == 1 { return false }
      return files > 0 || FileManager.default.fileExists(atPath: PackageFiles.url("\(place.sources)/include").path)
    }
  }

  private static func page(of place: SourceTree.Place) -> String {
    "\(place.sources)/\(place.target).docc/\(place.target).md"
  }

  private static let keywords: Set<String> = ["struct", "class", "enum", "actor", "protocol", "func", "typealias"]

  private static func isPartOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
    default: false
    }
  }

  /// Returns the words of a source file that follow a keyword of a declaration.
  private static func declarations(in text: String) -> Set<String> {
    let words = text.utf8.split(whereSeparator: { !isPartOfName($0) }).map { String(decoding: $0, as: UTF8.self) }
    var names: Set<String> = []
    for (keyword, name) in zip(words, words.dropFirst()) where keywords.contains(keyword) { names.insert(name) }
    return names
  }

  /// Returns the symbol links below `## Topics`, each by its last component.
  private static func topics(of page: String) -> [String] {
    var isInTopics = false
    var names: [String] = []
    for line in page.components(separatedBy: "\n") {
      if line.hasPrefix("## ") { isInTopics = line == "## Topics" }
      guard isInTopics else { continue }
      // Every second part is between two marks.
      for (index, part) in line.components(separatedBy: "``").enumerated() where !index.isMultiple(of: 2) {
        let link = part.prefix { $0 != "(" }
        names.append(link.split(separator: "/").last.map { String($0) } ?? "")
      }
    }
    return names
  }

  @Test("every target has an overview page, and its title is the target")
  func pages() throws {
    let places = try Self.places()
    #expect(places.count > 20, "the targets were not found")
    for place in places {
      let path = Self.page(of: place)
      // A missing page is the same failure as one with another title.
      let text = (try? PackageFiles.text(path)) ?? ""
      #expect(text.hasPrefix("# ``\(place.target)``\n"), "\(path) is missing or has another title")
    }
  }

  @Test("the topics of an overview page name declarations of its target")
  func links() throws {
    for place in try Self.places() {
      let path = Self.page(of: place)
      var names: Set<String> = []
      for file in SourceTree.swiftFiles(below: place.sources) {
        names.formUnion(Self.declarations(in: try PackageFiles.text(file)))
      }
      let unknown = Self.topics(of: try PackageFiles.text(path)).filter { !names.contains($0) }
      #expect(unknown == [], "\(path) names what \(place.target) does not declare")
    }
  }

  @Test("declarations and links are found")
  func search() {
    let source = "package struct A: B {\n  enum C { case d }\n  func e(_ f: G) {}\n}\nfinal class H<I> {}\n"
    #expect(Self.declarations(in: source) == ["A", "C", "e", "H"])
    let page = "# ``T``\n\n``U``\n\n## Topics\n\n### More\n\n- ``A``, ``A/C``\n- ``A/e(_:)``\n\n## See also\n\n``V``\n"
    #expect(Self.topics(of: page) == ["A", "C", "e"])
  }
}
