import Testing

/// The house keeps its borders.
@Suite struct BorderTests {
  private let check = BorderCheck(table: .house)

  @Test("no source file crosses a border, ends the process, claims without proof, or is too long")
  func sources() throws {
    let files = try House.sourceFiles()
    #expect(files.count > 5, "the sources were not found")
    let violations = files.flatMap(check.violations)
    #expect(violations == [], "\(violations.joined(separator: "\n"))")
  }

  @Test("rooms do not import each other in circles")
  func cycles() throws {
    #expect(check.cycles(in: try House.sourceFiles()) == [])
  }

  @Test("imports point down, and the table has a row for every room")
  func table() throws {
    #expect(LayerTable.house.risingRows == [])
    #expect(try Set(House.rooms()) == Set(LayerTable.house.rows.map(\.target)))
  }

  @Test("every room has tests")
  func testFolders() throws {
    // System libraries are module maps, and three lines have nothing to test.
    for room in try House.rooms() where room != "remora" && !House.swiftFiles(below: "Sources/\(room)").isEmpty {
      #expect(!House.swiftFiles(below: "Tests/\(room)Tests").isEmpty, "\(room) has no tests")
    }
  }

  @Test("the README's layer table says the same", .enabled(if: House.readme() != nil, "there is no README yet"))
  func readme() throws {
    let text = try #require(House.readme())
    let documented = try #require(
      LayerTable(readme: text), "the README has no table | Floor | Target | … | May import |")
    for row in LayerTable.house.rows { #expect(documented.row(row.target) == row, "row of \(row.target)") }
    let extra = Set(documented.rows.map(\.target)).subtracting(LayerTable.house.rows.map(\.target))
    #expect(extra == [], "the README has rooms that do not exist")
  }
}
