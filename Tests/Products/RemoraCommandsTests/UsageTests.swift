import TestSupport
import Testing

@Suite("Wrong usage")
struct UsageTests {
  static let wrong: [(arguments: [String], message: String)] = [
    (["bogus"], "Unexpected argument 'bogus'"),
    (["miror"], "Unexpected argument 'miror'. Did you mean 'mirror'?"),
    (["config", "chek"], "Unexpected argument 'chek'. Did you mean 'check'?"),
    (["help", "nosuch"], "Unexpected argument 'nosuch'"),
    (["help", "registry", "lst"], "Unexpected argument 'lst'. Did you mean 'list'?"),
    (["mirror", "--lst", "x"], "Unknown option '--lst'. Did you mean '--list'?"),
    (["mirror", "--lst", "x", "a", "b"], "Unknown option '--lst'. Did you mean '--list'?"),
    (["mirror", "--lst=x", "a", "b"], "Unknown option '--lst'. Did you mean '--list'?"),
    (["verify", "--jsn", "a", "b"], "Unknown option '--jsn'. Did you mean '--json'?"),
    (["mirror", "a", "b", "--exclude-ref", "pull/*"], "--exclude-ref 'pull/*' can match no ref: names begin with"),
    (["mirror", "a", "b", "--exclude-ref", "heads/main"], "--exclude-ref 'heads/main' can match no ref"),
    (["mirror", "a", "b", "--exclude-ref", "HEAD"], "HEAD is always mirrored"),
    (["mirror", "a", "b", "--exclude-ref", "refs/heads/[ab]"], "only * and ? stand for others"),
    (["mirror", "a", "b", "--exclude-ref", "refs/heads//x"], "no name holds '//'"),
    (["mirror", "a", "b", "--exclude-ref", "refs/heads/a..b*"], "no name holds '..'"),
    (["mirror", "a", "b", "--exclude-ref", "refs/heads/a b"], "a blank or a control character"),
    (["mirror"], "give SOURCE and DESTINATION, or --list FILE --into DIR"),
    (["mirror", "a"], "give SOURCE and DESTINATION, or --list FILE --into DIR"),
    (["mirror", "a", "b", "c"], "Unexpected argument 'c'"),
    (["mirror", "a", "b", "--into", "c"], "--into goes with --list"),
    (["mirror", "a", "--list", "l", "--into", "c"], "--list stands in place of SOURCE and DESTINATION"),
    (["mirror", "--list", "l"], "--list needs --into DIR"),
    (["mirror", "--list", "/nonexistent/list", "--into", "c"], "cannot read the list '/nonexistent/list'"),
    (["mirror", "a", "b", "--jobs", "0"], "--jobs takes a number from 1 to 256"),
    (["mirror", "a", "b", "--jobs", "many"], "many"),
    (["mirror", "a", "b", "--wait", "-1"], "--wait"),
    (["mirror", "a", "b", "--max-pack-objects", "0"], "--max-pack-objects takes a number from 1"),
    (["mirror", "a", "b", "--timeout", "0"], "timeouts and limits must be greater than 0"),
    (["mirror", "a", "b", "--unknown"], "Unknown option '--unknown'"),
    (["mirror", "ext::sh -c id", "b"], "ext::"),
    (["mirror", "ftp://host/x", "b"], "ftp"),
    (["mirror", "a", ""], "a path must not be empty"),
    (["verify", "a"], "Missing expected argument '<copy>'"),
    (["verify", "a", "b", "--silence-timeout", "0"], "timeouts and limits must be greater than 0"),
    (["checksum"], "Missing expected argument '<repository>'"),
    (["checksum", "a", "--algorithm", "md5"], "md5"),
    (["hook", "install"], "name repositories, or --global and a directory"),
    (["hook", "install", "a", "--global", "b"], "name repositories, or --global and a directory"),
    (["hook", "install", "a", "--name", "n"], "--name and --id go together"),
    (["hook", "status", "a", "b", "--name", "n", "--id", "i"], "--name and --id are for one repository"),
    (["history"], "Missing expected argument '<copy>'"),
    (["history", "a", "--since", "yesterday"], "write a time such as 2026-11-22T10:00:00Z"),
  ]

  @Test("ends with status 64 and one reason on standard error, and prints nothing", arguments: wrong)
  func refused(arguments: [String], message: String) async throws {
    try await withTemporaryDirectory("usage") { directory in
      let outcome = try await RemoraBinary.run(arguments, directory: directory.path)
      #expect(outcome.status == 64)
      #expect(outcome.text == "")
      #expect(outcome.errorText.contains(message), "\(outcome.errorText)")
      #expect(try TemporaryDirectory.files(below: directory.path) == [])
    }
  }

  @Test("a password in an argument that is no URL of ours is not repeated")
  func secretInWrongURL() async throws {
    let outcome = try await RemoraBinary.run(["mirror", "ftp://ada:sesame@host/x", "/tmp/never"])
    #expect(outcome.status == 64)
    #expect(!outcome.errorText.contains("sesame"), "\(outcome.errorText)")
  }
}
