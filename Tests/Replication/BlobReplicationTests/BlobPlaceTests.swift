import BlobReplication
import Replication
import SystemPackage
import Testing

@Suite("Places of files")
struct BlobPlaceTests {
  @Test("an id is the path below the root")
  func path() throws {
    #expect(BlobPlace(root: "/srv/assets").path(of: try ReplicableID("a/b")).string == "/srv/assets/a/b")
  }
}
