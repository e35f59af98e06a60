import GitValues
import TestSupport
import Testing

@Suite("Ref names")
struct ReferenceNameTests {
  @Test(
    "names that git accepts",
    arguments: [
      "refs/heads/main", "refs/x", "refs/heads/a/b/c", "refs/heads/@", "refs/heads/-x", "refs/heads/a.b",
      "refs/heads/a@b{", "refs/heads/%41", "refs/heads/\"quoted'", "refs/heads/é", "refs/heads/e\u{301}",
      "refs/heads/a.lock.x", "refs/heads/lock", "refs/heads/a$b&c;d|e<f>", "refs/heads/\u{85}",
    ])
  func accepts(name: String) { #expect(ReferenceName(name).isValid) }

  @Test(
    "names that git refuses, or that are not below refs/",
    arguments: [
      "", "refs", "refs/", "HEAD", "heads/main", "main", "refs//x", "refs/heads/", "refs/heads//x", "/refs/heads/x",
      "refs/heads/.x", "refs/./x", "refs/../x", "refs/heads/a..b", "refs/heads/x.lock", "refs/a.lock/b",
      "refs/heads/x.",
      "refs/heads/a b", "refs/heads/a\nb", "refs/heads/a\tb", "refs/heads/a\0b", "refs/heads/a\u{7F}b",
      "refs/heads/a~1", "refs/heads/a^", "refs/heads/a:b", "refs/heads/a?", "refs/heads/a*", "refs/heads/a[",
      "refs/heads/a\\b", "refs/heads/a@{b", "refs/heads/@{", "Refs/heads/x",
    ])
  func refuses(name: String) { #expect(!ReferenceName(name).isValid) }

  @Test("generated names are valid exactly when git check-ref-format says so")
  func agreesWithGit() throws {
    var generator = SeededGenerator(seed: 7)
    let pieces = [
      "a", "Z", "9", ".", "..", "/", "//", ".lock", ".lock/", "@", "{", "@{", "~", "^", ":", "?", "*", "[", "]", "\\",
      " ",
      "\t", "\n", "\u{7F}", "\u{1}", "-", "%", "é", "\u{301}", "\u{85}", "\u{FFFD}", "😀", "'", "\"", "$", "lock",
      "HEAD",
    ]
    let names = (0..<300).map { _ in
      "refs/"
        + (0..<Int.random(in: 1...7, using: &generator)).map { _ in
          // Half of the pieces are plain, or hardly a name would be valid.
          Bool.random(using: &generator) ? "b" : pieces[Int.random(in: 0..<pieces.count, using: &generator)]
        }.joined()
    }
    let script = "for name; do if git check-ref-format \"$name\"; then echo 1; else echo 0; fi; done"
    let outcome: ProcessOutcome = try ChildProcess("sh", ["-c", script, "sh"] + names).outcome()
    let verdicts = outcome.lines.map { $0 == "1" }
    try #require(verdicts.count == names.count)
    #expect(verdicts.contains(true) && verdicts.contains(false))
    for (name, verdict) in zip(names, verdicts) {
      #expect(ReferenceName(name).isValid == verdict, "\(name.debugDescription)")
    }
  }

  @Test("names are compared by bytes: composed and decomposed letters are two names")
  func normalisation() {
    let composed = ReferenceName("refs/heads/\u{E9}")
    let decomposed = ReferenceName("refs/heads/e\u{301}")
    #expect("\u{E9}" == "e\u{301}")
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed]).count == 2)
    #expect(decomposed < composed)
  }

  @Test("bytes that are not UTF-8 are a valid name, and order is bytewise")
  func bytes() {
    let latin = ReferenceName(bytes: Array("refs/heads/".utf8) + [0xE9])
    #expect(latin.isValid)
    #expect(ReferenceName("refs/heads/z") < latin)
    #expect(ReferenceName("refs/heads/a") < ReferenceName("refs/heads/a/b"))
    #expect(ReferenceName("refs/heads/a-b") < ReferenceName("refs/heads/a/b"))
  }

  @Test("a name is shown as it is, and bytes that a terminal must not see as %XX")
  func description() {
    #expect("\(ReferenceName("refs/heads/é%41"))" == "refs/heads/é%41")
    #expect("\(ReferenceName(bytes: Array("refs/heads/".utf8) + [0xE9, 0x41]))" == "refs/heads/%E9A")
    #expect("\(ReferenceName("refs/heads/\u{1B}[2J"))" == "refs/heads/%1B[2J")
    #expect("\(ReferenceName("refs/heads/a\u{202A}b"))" == "refs/heads/a%E2%80%AAb")
    #expect("\(ReferenceName("refs/heads/\u{9B}2J"))" == "refs/heads/%C2%9B2J")
  }
}
