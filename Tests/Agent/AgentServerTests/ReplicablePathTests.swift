import Replication
import Testing

@testable import AgentServer

@Suite("Paths that lead to a replicable")
struct ReplicablePathTests {
  @Test(
    "decode each part for itself",
    arguments: [
      ("/git/repo/a.git/info/refs", "repo", "a"), ("/git/repo/a/b/c.git/info/refs", "repo", "a/b/c"),
      ("/git/repo/a%20b/%C3%A4.git/info/refs", "repo", "a b/ä"), ("/git/repo/100%25.git/info/refs", "repo", "100%"),
      ("/git/r%65po/a%2egit/info/refs", "repo", "a"), ("/git/repo/info/refs.git/info/refs", "repo", "info/refs"),
    ])
  func good(path: String, kind: String, id: String) throws {
    let path = try ReplicablePath(path, area: "git", ending: ["info", "refs"], suffix: ".git")
    #expect(path.kind == kind)
    #expect(path.id == id)
  }

  @Test("say which incarnation is meant, where one is")
  func incarnation() throws {
    let path = try ReplicablePath(
      "/git/repo/.remora-incarnation/00000000000000ff/a/b.git/info/refs", area: "git", ending: ["info", "refs"],
      suffix: ".git")
    #expect(path.incarnation?.value == 255 && path.id == "a/b" && path.kind == "repo")
    #expect(try ReplicablePath("/blobs/asset/a", area: "blobs").incarnation == nil)
    let blob = try ReplicablePath("/blobs/asset/.remora-incarnation/ffffffffffffffff/a.tar", area: "blobs")
    #expect(blob.incarnation?.value == .max && blob.id == "a.tar")
    for bad in ["ff", "00000000000000fg", "00000000000000ff/x/.remora-incarnation"] {
      #expect(throws: ReplicablePath.Refusal.self) {
        try ReplicablePath("/blobs/asset/.remora-incarnation/\(bad)/a", area: "blobs")
      }
    }
    #expect(throws: ReplicablePath.Refusal.self) {
      try ReplicablePath("/blobs/asset/.remora-incarnation/00000000000000ff", area: "blobs")
    }
  }

  @Test(
    "refuse what could be read in two ways",
    arguments: [
      "/git/repo/../a.git/info/refs", "/git/repo/%2e%2e/a.git/info/refs", "/git/repo/.%2E/a.git/info/refs",
      "/git/repo/a%2Fb.git/info/refs", "/git/repo/a%2fb.git/info/refs", "/git/repo//a.git/info/refs",
      "/git/repo/a%00.git/info/refs", "/git/repo/a%0A.git/info/refs", "/git/repo/a%.git/info/refs",
      "/git/repo/a%2.git/info/refs", "/git/repo/a%zz.git/info/refs", "/git/repo/%FF.git/info/refs",
      "/git/repo/.git/info/refs", "/git/repo/a.git.git/info/refs", "/git/repo/a.lock/b.git/info/refs",
      "/git/repo/.remora-trash/b.git/info/refs", "/git//a.git/info/refs", "/git/re%2Fpo/a.git/info/refs",
      "/git/repo/./a.git/info/refs",
    ])
  func malformed(path: String) {
    let refusal = #expect(throws: ReplicablePath.Refusal.self) {
      try ReplicablePath(path, area: "git", ending: ["info", "refs"], suffix: ".git")
    }
    guard case .malformed = refusal else {
      Issue.record("\(String(describing: refusal))")
      return
    }
  }

  @Test(
    "know nothing of others",
    arguments: [
      "/git/repo/a/info/refs", "/git/repo/a.git/info", "/git/repo/info/refs", "/git", "/", "",
      "/blobs/repo/a.git/info/refs",
      "/git/repo/a.git/HEAD", "/git/repo/a.git/info/refs/", "/git/repo/a.git/objects/info/packs",
    ])
  func notFound(path: String) {
    #expect(throws: ReplicablePath.Refusal.notFound) {
      try ReplicablePath(path, area: "git", ending: ["info", "refs"], suffix: ".git")
    }
  }

  @Test("blobs have no ending") func blobs() throws {
    #expect(try ReplicablePath("/blobs/asset/a/b.tar", area: "blobs").id == "a/b.tar")
    #expect(throws: ReplicablePath.Refusal.notFound) { try ReplicablePath("/blobs/asset", area: "blobs") }
    #expect(throws: ReplicablePath.Refusal.self) { try ReplicablePath("/blobs/asset/", area: "blobs") }
  }
}
