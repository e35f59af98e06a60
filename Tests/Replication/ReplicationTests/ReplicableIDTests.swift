import Replication
import Testing

@Suite("Ids of replicables")
struct ReplicableIDTests {
  @Test(
    "what is a safe relative path is taken as it is",
    arguments: [
      "a", "group/project", "group/sub group/project.wiki", "a.b/c", "prüfung/漢字", "~x/-y", "a git/b lock",
      String(repeating: "x", count: 200), String(repeating: "x", count: 251), "\u{a0}",
      Array(repeating: "d", count: 500).joined(separator: "/"),
    ])
  func taken(text: String) throws {
    #expect(try ReplicableID(text).text == text)
  }

  @Test(
    "what is none is refused with its reason",
    arguments: [
      ("", "empty"), ("/a", "absolute path"), ("a//b", "empty part"), ("a/", "empty part"), ("/", "absolute path"),
      ("..", "part '.' or '..'"), ("a/../b", "part '.' or '..'"), ("a/.", "part '.' or '..'"),
      ("a.git", "part that ends in '.git'"), ("a.git/b", "part that ends in '.git'"),
      ("a/b.lock", "part that ends in '.lock'"), (".remora-trash/a", "part that begins with '.remora'"),
      ("a/.remora", "part that begins with '.remora'"), ("a\u{0}b", "control character"), ("a\nb", "control character"),
      ("a\u{7f}", "control character"), ("a\u{85}b", "control character"),
      (String(repeating: "x", count: 252), "part longer than 251 bytes"),
      (String(repeating: "x/", count: 512) + "x", "longer than 1024 bytes"),
    ])
  func refused(text: String, reason: String) {
    #expect(throws: ReplicationError.invalidID(text, reason: reason)) { try ReplicableID(text) }
  }
}
