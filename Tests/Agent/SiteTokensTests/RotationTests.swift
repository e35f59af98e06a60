import Foundation
import TestSupport
import Testing

@testable import SiteTokens

@Suite("Secrets that are exchanged")
struct RotationTests {
  private struct Secrets {
    let fixture: TokenFixture
    let new: SiteSecret
    let newIssuer: SiteTokenIssuer
  }

  private func secrets() async throws -> Secrets {
    let fixture = try await TokenFixture()
    let new = try SiteSecret.generate(at: fixture.directory.path("new.secret"))
    let issuer = await SiteTokenIssuer(
      site: TokenFixture.berlin, audience: TokenFixture.oslo, secret: new, epoch: { 7 })
    return Secrets(fixture: fixture, new: new, newIssuer: issuer)
  }

  private func token(_ issuer: SiteTokenIssuer, _ verifier: SiteTokenVerifier) async throws -> String {
    try await issuer.token(method: "GET", pathAndQuery: "/a?b=1", start: verifier.start, now: TokenFixture.now)
  }

  @Test("after a reload the old secret and the new one are good, and a third is not")
  func overlap() async throws {
    let secrets = try await secrets()
    let verifier = await secrets.fixture.verifier()
    #expect(
      await secrets.fixture.refusal(of: try await token(secrets.newIssuer, verifier), by: verifier)?.code
        == .wrongSignature)
    await verifier.replaceSites([TokenFixture.berlin: secrets.new])
    #expect(await secrets.fixture.refusal(of: try await token(secrets.newIssuer, verifier), by: verifier) == nil)
    let old = try await token(secrets.fixture.issuer, verifier)
    #expect(await secrets.fixture.refusal(of: old, by: verifier) == nil)
    #expect(await secrets.fixture.refusal(of: old, by: verifier)?.code == .replayed, "once, whichever secret signed it")
    let third = await SiteTokenIssuer(
      site: TokenFixture.berlin, audience: TokenFixture.oslo,
      secret: try SiteSecret.generate(at: secrets.fixture.directory.path("third.secret")), epoch: { 7 })
    #expect(await secrets.fixture.refusal(of: try await token(third, verifier), by: verifier)?.code == .wrongSignature)
  }

  @Test("the old secret ends with its time, and a reload without a change does not lengthen it")
  func end() async throws {
    let secrets = try await secrets()
    let verifier = await secrets.fixture.verifier()
    await verifier.replaceSites([TokenFixture.berlin: secrets.new], overlap: .milliseconds(1))
    try await Task.sleep(for: .milliseconds(20))
    await verifier.replaceSites([TokenFixture.berlin: secrets.new])
    #expect(
      await secrets.fixture.refusal(of: try await token(secrets.fixture.issuer, verifier), by: verifier)?.code
        == .wrongSignature)
    #expect(await secrets.fixture.refusal(of: try await token(secrets.newIssuer, verifier), by: verifier) == nil)
  }

  @Test("a site that is taken out is refused at once with either secret")
  func removed() async throws {
    let secrets = try await secrets()
    let verifier = await secrets.fixture.verifier()
    await verifier.replaceSites([TokenFixture.berlin: secrets.new])
    await verifier.replaceSites([:])
    for issuer in [secrets.fixture.issuer, secrets.newIssuer] {
      #expect(await secrets.fixture.refusal(of: try await token(issuer, verifier), by: verifier)?.code == .unknownSite)
    }
    // Put in again with the new one: the old one does not come back with it.
    await verifier.replaceSites([TokenFixture.berlin: secrets.new])
    #expect(
      await secrets.fixture.refusal(of: try await token(secrets.fixture.issuer, verifier), by: verifier)?.code
        == .wrongSignature)
  }

  @Test("a secret that is brought back is the current one, and that between is the old one")
  func back() async throws {
    let secrets = try await secrets()
    let verifier = await secrets.fixture.verifier()
    await verifier.replaceSites([TokenFixture.berlin: secrets.new])
    await verifier.replaceSites([TokenFixture.berlin: secrets.fixture.secret], overlap: .zero)
    #expect(await secrets.fixture.refusal(of: try await token(secrets.fixture.issuer, verifier), by: verifier) == nil)
    #expect(
      await secrets.fixture.refusal(of: try await token(secrets.newIssuer, verifier), by: verifier)?.code
        == .wrongSignature)
  }

  @Test("a verifier that takes the place of another one has its secrets")
  func succession() async throws {
    let secrets = try await secrets()
    let former = await secrets.fixture.verifier()
    let verifier = await SiteTokenVerifier(audience: TokenFixture.oslo, sites: [TokenFixture.berlin: secrets.new])
    verifier.succeed(former)
    for issuer in [secrets.fixture.issuer, secrets.newIssuer] {
      #expect(await secrets.fixture.refusal(of: try await token(issuer, verifier), by: verifier) == nil)
    }
    #expect(
      secrets.newIssuer.hasSameSecret(as: secrets.newIssuer)
        && !secrets.newIssuer.hasSameSecret(as: secrets.fixture.issuer))
  }
}
