import Foundation
import TestSupport
import Testing

@testable import SiteTokens

@Suite("Tokens, clocks and restarts")
struct SiteTokenTimeTests {
  @Test("clocks 30 s apart do not matter, also right after a restart", arguments: [-30.0, 30])
  func smallSkew(ahead: Double) async throws {
    let fixture = try await TokenFixture()
    let before = await fixture.verifier()
    let used = try await fixture.token(for: before, ahead: ahead)
    #expect(await fixture.refusal(of: used, by: before) == nil)

    let after = await fixture.verifier()
    let refusal = await fixture.refusal(of: used, by: after)
    #expect(refusal?.code == .retry)
    let start = try #require(refusal?.start)
    let again = try await fixture.issuer.token(
      method: "GET", pathAndQuery: "/a?b=1", start: start, now: TokenFixture.now.addingTimeInterval(ahead))
    #expect(await fixture.refusal(of: again, by: after) == nil)
    #expect(await fixture.refusal(of: used, by: after, later: 1)?.code == .retry)
  }

  @Test("a site that has not seen a restart learns of it, only with the right signature")
  func firstContact() async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier()
    let token = try await fixture.issuer.token(
      method: "GET", pathAndQuery: "/a?b=1", start: nil, now: TokenFixture.now)
    #expect(await fixture.refusal(of: token, by: verifier)?.start == verifier.start)
    #expect(await fixture.refusal(of: token + "AAAA", by: verifier)?.start == nil)

    let nameless = await SiteTokenIssuer(site: TokenFixture.berlin, audience: nil, secret: fixture.secret, epoch: { 7 })
    for (start, code) in [(nil, SiteTokenError.Code.retry), ("rome/0", .wrongAudience), (verifier.start, nil)] {
      let token = try await nameless.token(
        method: "GET", pathAndQuery: "/a?b=1", start: start, now: TokenFixture.now)
      #expect(await fixture.refusal(of: token, by: verifier)?.code == code)
    }
  }

  @Test("clocks five minutes apart are refused, and the message says so")
  func largeSkew() async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier()
    let ahead = await fixture.refusal(of: try await fixture.token(for: verifier, ahead: 300), by: verifier)
    #expect(ahead?.code == .clocksDiffer)
    #expect(
      ahead?.message == "the clock of 'berlin' is 300 s ahead of ours, 60 s are allowed: set both clocks")
    let behind = await fixture.refusal(of: try await fixture.token(for: verifier, ahead: -300), by: verifier)
    #expect(behind?.code == .expired)
    #expect(
      behind?.message
        == "the token of 'berlin' was issued 300 s ago by our clock and is too old; if it is new, the clock of 'berlin' "
        + "is behind ours by that much: set both clocks")
  }

  @Test(
    "the borders of the leeway",
    arguments: [(60.0, nil), (62, SiteTokenError.Code.clocksDiffer), (-120, nil), (-122, .expired)])
  func borders(ahead: Double, code: SiteTokenError.Code?) async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier()
    #expect(await fixture.refusal(of: try await fixture.token(for: verifier, ahead: ahead), by: verifier)?.code == code)
  }

  @Test("a token is refused as used until it is refused as old, and then forgotten")
  func forgotten() async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier(capacity: 1)
    let token = try await fixture.token(for: verifier)
    #expect(await fixture.refusal(of: token, by: verifier) == nil)
    #expect(await fixture.refusal(of: token, by: verifier, later: 120)?.code == .replayed)
    #expect(await fixture.refusal(of: token, by: verifier, later: 121)?.code == .expired)
    let next = try await fixture.token(for: verifier, ahead: 126)
    #expect(await fixture.refusal(of: next, by: verifier, later: 126) == nil)
  }

  @Test("more tokens than can be remembered are refused, not forgotten")
  func overloaded() async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier(capacity: 2)
    let first = try await fixture.token(for: verifier)
    #expect(await fixture.refusal(of: first, by: verifier) == nil)
    #expect(await fixture.refusal(of: try await fixture.token(for: verifier), by: verifier) == nil)
    #expect(await fixture.refusal(of: try await fixture.token(for: verifier), by: verifier)?.code == .overloaded)
    #expect(await fixture.refusal(of: first, by: verifier)?.code == .replayed)
  }

  @Test("our clock stepping forth and back lets no used token in, and delays no site")
  func jumps() async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier()
    let used = try await fixture.token(for: verifier)
    #expect(await fixture.refusal(of: used, by: verifier) == nil)
    let tomorrow = try await fixture.token(for: verifier, ahead: 86_400)
    #expect(await fixture.refusal(of: tomorrow, by: verifier, later: 86_400) == nil)
    #expect(await fixture.refusal(of: used, by: verifier, later: 1)?.code == .retry)
    #expect(await fixture.refusal(of: try await fixture.token(for: verifier), by: verifier, later: 1) == nil)
    #expect(await fixture.refusal(of: used, by: verifier, later: 2)?.code == .retry)
  }

  @Test("of one token shown many times at once, one is taken")
  func race() async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier()
    let token = try await fixture.token(for: verifier)
    let taken = await withTaskGroup { group in
      for _ in 0..<32 { group.addTask { await fixture.refusal(of: token, by: verifier) == nil } }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(taken == 1)
  }
}
