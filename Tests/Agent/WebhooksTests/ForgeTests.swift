import Foundation
import TestSupport
import Testing
import Webhooks

/// Payloads as the forges publish them, in `fixtures/webhooks`.
@Suite("Deliveries of forges")
struct ForgeTests {
  private static func notices(_ fixture: String, event: String) throws -> [String] {
    let forge = try #require(Forge(rawValue: String(fixture.prefix { $0 != "-" })))
    let body = try Data(contentsOf: Fixtures.url("webhooks/\(fixture).json"))
    return try forge.notices(of: Array(body), event: event).map { notice in
      ([notice.word.rawValue, notice.fullName]
        + notice.moves.map { "\($0.ref) \($0.old.prefix(4)) \($0.new.prefix(4))" })
        .joined(separator: " ")
    }
  }

  @Test(
    "each says what happened to which repository",
    arguments: [
      ("github-ping", "ping", []),
      ("github-push", "push", ["push group/project refs/heads/main 9579 da15"]),
      ("github-push-deleted", "push", ["push group/project refs/heads/topic da15 0000"]),
      ("github-create", "create", ["push group/project"]),
      ("github-delete", "delete", ["push group/project"]),
      ("github-repository-deleted", "repository", ["destroy group/project"]),
      ("github-repository-renamed", "repository", ["update group/renamed", "destroy group/project"]),
      ("github-repository-transferred", "repository", ["update other/project", "destroy group/project"]),
      ("gitlab-push", "Push Hook", ["push group/project refs/heads/main 9579 da15"]),
      ("gitlab-push-deleted", "Push Hook", ["push group/project refs/heads/topic da15 0000"]),
      ("gitlab-tag-push", "Tag Push Hook", ["push group/project refs/tags/v1.0 0000 da15"]),
      ("gitlab-repository-update", "System Hook", ["push group/project"]),
      ("gitlab-project-create", "System Hook", ["update group/project"]),
      ("gitlab-project-destroy", "System Hook", ["destroy group/project"]),
      ("gitlab-project-rename", "System Hook", ["update group/renamed", "destroy group/project"]),
      ("gitea-push", "push", ["push group/project refs/heads/main 9579 da15"]),
      ("gitea-create", "create", ["push group/project"]),
      ("gitea-delete", "delete", ["push group/project"]),
      ("gitea-repository-deleted", "repository", ["destroy group/project"]),
    ])
  func payloads(fixture: String, event: String, expected: [String]) throws {
    #expect(try Self.notices(fixture, event: event) == expected)
  }

  @Test("an event of another kind says nothing")
  func others() throws {
    for fixture in ["github-push", "gitea-push"] { #expect(try Self.notices(fixture, event: "issues") == []) }
    #expect(try Forge.gitLab.notices(of: Array(#"{"object_kind":"note"}"#.utf8), event: "Note Hook") == [])
  }

  @Test(
    "members of another shape are ignored, and what is no JSON is reported",
    arguments: [
      #"{}"#, #"{"repository":7}"#, #"{"repository":{"full_name":null}}"#, #"{"repository":{"full_name":["a"]}}"#,
      #"{"repository":{"full_name":"a/b"},"ref":7,"before":"x"}"#,
    ])
  func strange(text: String) throws {
    for forge in Forge.allCases {
      let notices = try forge.notices(of: Array(text.utf8), event: "push")
      #expect(notices.allSatisfy { $0.fullName == "a/b" && $0.moves.isEmpty })
    }
    for text in ["", "[]", "{", "payload=%7B%7D"] {
      #expect(throws: Forge.UnreadablePayload.self) {
        try Forge.gitHub.notices(of: Array(text.utf8), event: "push")
      }
    }
  }

  @Test("a forge is recognized by its headers, Gitea also with GitHub's beside its own")
  func headers() {
    func forge(_ headers: [String: String]) -> Forge? { Forge { headers[$0] } }
    #expect(forge(["X-GitHub-Event": "push"]) == .gitHub)
    #expect(forge(["X-Gitlab-Event": "Push Hook"]) == .gitLab)
    #expect(forge(["X-Gitea-Event": "push", "X-GitHub-Event": "push"]) == .gitea)
    #expect(forge(["X-Forgejo-Event": "push"]) == .gitea)
    #expect(forge(["X-Event": "push"]) == nil)
    #expect(Forge.gitHub.proof { ["X-Hub-Signature-256": "sha256=ab"][$0] } == .hmac("ab"))
    // SHA-1 proves nothing any more.
    #expect(Forge.gitHub.proof { ["X-Hub-Signature": "sha1=ab", "X-Hub-Signature-256": "ab"][$0] } == nil)
    #expect(Forge.gitLab.proof { ["X-Gitlab-Token": "t"][$0] } == .token("t"))
    #expect(Forge.gitea.proof { ["X-Gitea-Signature": "ab"][$0] } == .hmac("ab"))
    #expect(Forge.gitea.proof { ["X-Forgejo-Signature": "ab"][$0] } == .hmac("ab"))
    #expect(Forge.gitea.proof { ["X-Hub-Signature-256": "sha256=ab"][$0] } == nil)
  }

  @Test("names become ids by a template")
  func mapping() throws {
    #expect(try WebhookMapping("{full_name}").id(ofFullName: "a/b/c") == "a/b/c")
    #expect(try WebhookMapping("hosted/{owner}--{name}").id(ofFullName: "a/b/c") == "hosted/a/b--c")
    #expect(try WebhookMapping("{name}").id(ofFullName: "c") == "c")
    #expect(try WebhookMapping("{owner}/{name}").id(ofFullName: "c") == nil)
    for template in ["", "all", "{owner}", "{full_name", "{id}", "{}"] {
      #expect(throws: WebhookMapping.InvalidTemplate.self, "\(template)") { try WebhookMapping(template) }
    }
  }
}
