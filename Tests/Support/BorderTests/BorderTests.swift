import TestSupport
import Testing

/// The folders, the manifest and the imports are as the README's table says.
@Suite struct BorderTests {
  @Test("no source file crosses a border, ends the process, claims without proof, or is too long")
  func sources() throws {
    let check = BorderCheck(table: try SourceTree.table())
    let files = try SourceTree.sourceFiles()
    #expect(files.count > 300, "the sources were not found")
    let violations = files.flatMap(check.violations)
    #expect(violations == [], "\(violations.joined(separator: "\n"))")
  }

  @Test("targets do not import each other in circles")
  func cycles() throws {
    #expect(BorderCheck(table: try SourceTree.table()).cycles(in: try SourceTree.sourceFiles()) == [])
  }

  @Test("imports point down, and the table has a row for every target, in the area of its folder")
  func table() throws {
    let table = try SourceTree.table()
    #expect(table.risingRows == [])
    let rows = Set(table.rows.map { SourceTree.Place(area: $0.area, target: $0.target) })
    #expect(try Set(SourceTree.places()) == rows)
  }

  @Test("every target has tests")
  func testFolders() throws {
    // System libraries are module maps, and three lines have nothing to test.
    for place in try SourceTree.places()
    where place.target != "remora" && !SourceTree.swiftFiles(below: place.sources).isEmpty {
      #expect(!SourceTree.swiftFiles(below: place.tests).isEmpty, "\(place.target) has no tests")
    }
  }

  @Test("the manifest gives each target what the table lets it import, and no more")
  func manifest() throws {
    let table = try SourceTree.table()
    let manifest = Manifest(try PackageFiles.text("Package.swift"))
    let known = Set(table.rows.map(\.target))
    #expect(Set(manifest.dependencies.keys) == known.subtracting(["CLinux", "CLibgit2", "CLibssh2"]))
    for (target, names) in manifest.dependencies {
      guard let row = table.row(target) else { continue }
      for name in names {
        #expect(table.allows(name, row), "\(target) depends on \(name), which its row does not have")
      }
      let missing = row.mayImport.intersection(known).subtracting(names)
      #expect(missing == [], "\(target) may import what the manifest does not give it")
    }
  }
}
