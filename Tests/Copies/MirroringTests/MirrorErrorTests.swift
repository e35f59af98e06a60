import DurableFiles
import Git
import GitTransport
import Mirroring
import RefStore
import SystemPackage
import Testing
import WorkerPool

@Suite("The errors of a mirror")
struct MirrorErrorTests {
  @Test(
    "an error of libgit2",
    arguments: [
      (GitError.Code.packCorrupt, MirrorError.Code.packCorrupt, FailureDisposition.backOff),
      (.packThin, .packCorrupt, .backOff), (.unsupportedObjectFormat, .destinationUnsupported, .needsOperator),
      (.unsupportedExtension, .destinationUnsupported, .needsOperator),
      (.limitExceeded, .limitExceeded, .needsOperator),
      (.noSpace, .diskFull, .machine), (.notOwned, .destinationNotOwned, .needsOperator),
      (.notFound, .destinationDamaged, .backOff), (.objectCorrupt, .destinationDamaged, .backOff),
    ])
  func git(code: GitError.Code, expected: MirrorError.Code, disposition: FailureDisposition) {
    let error = MirrorError(GitError(code: code, operation: "open", message: "words"), "mirror into", "/copy")
    #expect(error.code == expected && error.disposition == disposition)
  }

  @Test("an error of the ref files")
  func refs() {
    let damaged = MirrorError(RefStoreError.changing(path: "/copy"), "mirror into", "/copy")
    #expect(damaged.code == .destinationDamaged && damaged.disposition == .backOff)
    let full = MirrorError(RefStoreError.file(FileError(.noSpace, "write", "/copy/HEAD")), "mirror into", "/copy")
    #expect(full.code == .diskFull && full.disposition == .machine)
  }

  @Test("names the operation that was tried", arguments: ["mirror into", "restore into", "verify", "check"])
  func operation(name: String) {
    let cancelled = MirrorError(Cancelled(), name, "/copy")
    #expect(cancelled.code == .cancelled && cancelled.disposition == .machine)
    #expect(cancelled.message == "\(name) '/copy': cancelled")
    let unknown = MirrorError(DeadlineExceeded(), name, "/copy")
    #expect(unknown.code == .destinationInputOutput && unknown.disposition == .machine)
    #expect(unknown.message.hasPrefix("\(name) '/copy': "))
  }

  @Test("keeps the disposition that its maker gave, and else has that of its code")
  func disposition() {
    #expect(MirrorError(.busy, "mirror").disposition == .backOff)
    let given = MirrorError(.busy, "mirror", disposition: .needsOperator)
    #expect(given.disposition == .needsOperator)
    #expect(MirrorError(given, "verify", "/copy") == given)
  }
}
