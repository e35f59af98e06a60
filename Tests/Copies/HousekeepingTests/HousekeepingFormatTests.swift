import DurableFiles
import Foundation
import Mirroring
import SystemPackage
import TestSupport
import Testing

@testable import Housekeeping

/// `fixtures/formats` holds one file of each format; they must be read as long as Remora lives.
@Suite struct HousekeepingFormatTests {
  private static func fixture(_ name: String) throws -> Data {
    try Data(contentsOf: Fixtures.url("formats/\(name)"))
  }

  private static func withFixture(_ name: String, _ body: (CopyLayout, Data) throws -> Void) throws {
    try withTemporaryDirectory("formats") { directory in
      let data = try fixture(name)
      try directory.write(bytes: [UInt8](data), to: "remora/\(name)")
      try FileManager.default.createDirectory(
        atPath: directory.path("remora/staging"), withIntermediateDirectories: true)
      try body(CopyLayout(root: FilePath(directory.path)), data)
    }
  }

  @Test("replaced.json is read, and written again byte for byte")
  func replaced() throws {
    try Self.withFixture("replaced.json") { layout, data in
      let record = try ReplacedPacks.load(layout, through: RealFileSystem())
      #expect(record.packs.map(\.reason) == [.consolidated, .trimmed])
      #expect(record.names.count == 2)
      try record.save(layout, through: RealFileSystem())
      #expect(try Data(contentsOf: URL(filePath: layout.replacedPacks.string)) == data)
    }
  }

  @Test("housekeeping.json is read, and written again byte for byte")
  func measurement() throws {
    try Self.withFixture("housekeeping.json") { layout, data in
      let measurement = try #require(try Measurement.load(layout, through: RealFileSystem()))
      #expect(measurement.reachable == 65_536)
      #expect(try Data(measurement.encoded()) == data)
    }
  }

  @Test("check.json is read, and written again byte for byte")
  func proof() throws {
    try Self.withFixture("check.json") { layout, data in
      let proof = try #require(try ProvenPacks.load(layout, through: RealFileSystem()))
      #expect(proof.packs.count == 1)
      #expect(try Data(proof.encoded()) == data)
    }
  }
}
