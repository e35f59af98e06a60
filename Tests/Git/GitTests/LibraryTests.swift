import Git
import Testing

@Suite("Library")
struct LibraryTests {
  @Test("starts once, however many ask, and says what it is")
  func starts() async throws {
    let all = try await withThrowingTaskGroup(of: Library.Properties.self) { group in
      for _ in 0..<8 { group.addTask { try Library.start() } }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(all.count == 1)
    #expect(all.first?.version == "1.5.1")
  }

  @Test("an error reads as what was tried, on what, and what was said")
  func describes() {
    let error = GitError(code: .packCorrupt, operation: "index pack", subject: "staging", message: "no header")
    #expect("\(error)" == "index pack 'staging': no header")
    #expect("\(GitError(code: .user, operation: "git_remote_ls", message: "stopped"))" == "git_remote_ls: stopped")
    #expect(!error.isFromSystem)
    #expect(GitError(code: .noSpace, operation: "x", message: "full").isFromSystem)
  }

  @Test("an unknown code keeps its number")
  func keepsCodes() {
    #expect(GitError.Code(rawValue: -77) == GitError.Code(rawValue: -77))
    #expect(GitError.Code(rawValue: -77) != .generic)
    #expect(GitError.Code.notFound.rawValue == -3)
  }
}
