import GitValues
import TestSupport
import Testing

/// git judges the packs: each is as bad as it says, and in no other way.
@Suite struct BadPackTests {
  private func indexed(_ pack: BadPack, _ body: (ProcessOutcome, GitCommand) throws -> Void) throws {
    try withTemporaryDirectory { directory in
      let repository = try RepositoryBuilder().build(at: directory.path("r.git"))
      let arguments = ["-c", "core.bigFileThreshold=1k", "index-pack", "--stdin", "--max-input-size=10000000"]
      try body(try repository.git.attempt(arguments, input: pack.bytes), repository.git)
    }
  }

  @Test("the good one is good")
  func good() throws {
    try indexed(.good) { outcome, git in
      #expect(outcome.isSuccess)
      let kind = try git.run("cat-file", "-t", BadPack.good.tip.hex).text
      #expect(kind == "commit")
    }
  }

  @Test(
    "git refuses",
    arguments: [
      (BadPack.wrongTrailer, "pack is corrupted (SHA1 mismatch)"), (.truncated, "early EOF"),
      (.tooManyDeclared, "pack has bad object"), (.fourBillionDeclared, ""), (.deltaWithoutBase, "unresolved delta"),
      (.wrongSize, "inflate returned"), (.wrongVersion, "version"), (.notAPack, "signature"),
    ])
  func refused(pack: BadPack, complaint: String) throws {
    try indexed(pack) { outcome, _ in
      #expect(!outcome.isSuccess)
      #expect(complaint.isEmpty || outcome.errorText.contains(complaint), "\(outcome.errorText)")
    }
  }

  @Test("git takes a pack with a missing object, and misses it")
  func missing() throws {
    try indexed(.missingObject) { outcome, git in
      #expect(outcome.isSuccess)
      let walk = try git.attempt(["rev-list", "--objects", BadPack.missingObject.tip.hex])
      #expect(!walk.isSuccess)
    }
  }

  @Test("git takes a duplicate that is a delta")
  func duplicate() throws {
    try indexed(.duplicateAsReferenceDelta) { outcome, _ in #expect(outcome.isSuccess, "\(outcome.errorText)") }
  }

  @Test("the delta bomb is small and expands as declared")
  func bomb() throws {
    #expect(BadPack.deltaBomb().bytes.count < 80_000)
    // One block of it, which git unpacks in a moment.
    try indexed(.deltaBomb(blocks: 1)) { outcome, git in
      #expect(outcome.isSuccess, "\(outcome.errorText)")
      let sizes = try git.run("cat-file", "--batch-all-objects", "--batch-check=%(objectsize)").lines
      #expect(sizes.contains("16777215"))
    }
  }
}
