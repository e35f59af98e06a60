import Replication
import RepositoryReplication
import SystemPackage
import Testing

@Suite("Places of repositories")
struct RepositoryPlaceTests {
  @Test("an id is the path below the root without .git")
  func path() throws {
    #expect(RepositoryPlace(root: "/srv/git").path(of: try ReplicableID("a/b")).string == "/srv/git/a/b.git")
  }
}
