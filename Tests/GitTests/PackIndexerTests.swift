import Git
import GitValues
import Testing

@Suite("PackIndexer")
struct PackIndexerTests {
  @Test(
    "a pack from git comes out with the index that git writes, whatever the size of the parts",
    arguments: [7, 4096, 1 << 22])
  func indexes(partSize: Int) throws {
    let workshop = try Workshop()
    let bytes = try workshop.pack(of: workshop.repository(commits: 30))
    let staging = try workshop.directory("staging")
    let pack = try #require(try index(bytes, in: staging, partSize: partSize))
    #expect(pack.objectCount == 30 * 6 + 1)
    try workshop.git("index-pack", "-o", "\(workshop.path)/referee.idx", pack.packPath)
    #expect(try workshop.bytes(of: pack.indexPath) == workshop.bytes(of: "\(workshop.path)/referee.idx"))
    #expect(try workshop.files(in: staging) == ["pack-\(pack.name).idx", "pack-\(pack.name).pack"])
  }
}
