import Crypto
import Foundation
import JWTKit
import TestSupport
import Testing

@testable import SiteTokens

@Suite("Tokens between sites")
struct SiteTokenTests {
  @Test("a token for this request authenticates the site, once")
  func taken() async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier()
    let token = try await fixture.token(for: verifier)
    let identity = try await verifier.verify(token, method: "GET", pathAndQuery: "/a?b=1", now: TokenFixture.now)
    #expect(identity == SiteIdentity(name: TokenFixture.berlin, epoch: 7))
    #expect(await fixture.refusal(of: token, by: verifier)?.code == .replayed)
    #expect(await fixture.refusal(of: try await fixture.token(for: verifier), by: verifier) == nil)
  }

  @Test("a token is bound to method, path, query and body")
  func bound() async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier()
    let token = try await fixture.token(for: verifier)
    #expect(await fixture.refusal(of: token, by: verifier, method: "POST")?.code == .otherRequest)
    #expect(await fixture.refusal(of: token, by: verifier, path: "/a?b=2")?.code == .otherRequest)
    #expect(await fixture.refusal(of: token, by: verifier, path: "/a")?.code == .otherRequest)
    #expect(await fixture.refusal(of: token, by: verifier, path: "/%61?b=1")?.code == .otherRequest)
    #expect(await fixture.refusal(of: token, by: verifier, body: BodyDigest(of: [0x78]))?.code == .otherRequest)
    #expect(await fixture.refusal(of: token, by: verifier) == nil)
    #expect(BodyDigest.ofNothing.hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test("a token is proved before the body has come, and the body is compared afterwards")
  func admission() async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier()
    let body = Array("a body of some length".utf8)
    var claims = fixture.claims(for: verifier)
    claims.body = BodyDigest(of: body).hex
    let token = try await fixture.signed(claims)
    let admit = { (token: String, path: String) async throws(SiteTokenError) in
      try await verifier.admit(token, method: "GET", pathAndQuery: path, now: TokenFixture.now)
    }
    let elsewhere = await #expect(throws: SiteTokenError.self) { try await admit(token, "/other") }
    #expect(elsewhere?.code == .otherRequest)
    let admission = try await admit(token, "/a?b=1")
    #expect(admission.identity == SiteIdentity(name: TokenFixture.berlin, epoch: 7))
    var digest = RunningDigest()
    for byte in body { withUnsafeBytes(of: byte) { digest.update($0) } }
    try admission.check(BodyDigest(digest))
    for wrong in [BodyDigest.ofNothing, BodyDigest(of: body.dropLast())] {
      let refusal = #expect(throws: SiteTokenError.self) { try admission.check(wrong) }
      #expect(refusal?.code == .otherRequest)
    }
    // It is used up before the body, so that it cannot have many read.
    let again = await #expect(throws: SiteTokenError.self) { try await admit(token, "/a?b=1") }
    #expect(again?.code == .replayed)
    #expect(await fixture.refusal(of: token, by: verifier, body: BodyDigest(of: body))?.code == .replayed)
  }

  @Test("text that is no token of ours is malformed", arguments: ["", "a", "a.b.c", "..", "e30.e30.", "\u{0}\u{ff}.."])
  func malformed(text: String) async throws {
    let fixture = try await TokenFixture()
    #expect(await fixture.refusal(of: text, by: await fixture.verifier())?.code == .malformed)
  }

  @Test("no other algorithm, no key that comes along, no token that is too long")
  func algorithms() async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier()
    let parts = try await fixture.token(for: verifier).split(separator: ".").map(String.init)
    for header in [
      #"{"alg":"none","kid":"berlin"}"#, #"{"alg":"HS512","kid":"berlin"}"#, #"{"kid":"berlin"}"#,
      #"{"alg":"HS256","kid":"berlin","crit":["x"]}"#, #"{"alg":"HS256","kid":"berlin","jwk":{}}"#, #"{"alg":"HS256"}"#,
      #"{"alg":"HS256","kid":"oslo"}"#,
    ] {
      let encoded = Data(header.utf8).base64EncodedString().trimmingCharacters(in: ["="])
      let refusal = await fixture.refusal(of: "\(encoded).\(parts[1]).\(parts[2])", by: verifier)
      #expect(refusal?.code == .malformed, "\(header)")
    }
    let long = parts.joined(separator: ".") + String(repeating: "A", count: 20_000)
    #expect(await fixture.refusal(of: long, by: verifier)?.code == .malformed)
    let hs512 = JWTKeyCollection()
    await hs512.add(
      hmac: HMACKey(from: try SecretFile.read(fixture.directory.path("berlin.secret"))), digestAlgorithm: .sha512,
      kid: "berlin")
    let other = try await hs512.sign(fixture.claims(for: verifier), kid: "berlin")
    #expect(await fixture.refusal(of: other, by: verifier)?.code == .malformed)
  }

  @Test("another secret, a changed claim and an unknown site are three answers")
  func signatures() async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier()
    let secret = try SiteSecret.generate(at: fixture.directory.path("other.secret"))
    let other = await SiteTokenIssuer(
      site: TokenFixture.berlin, audience: TokenFixture.oslo, secret: secret, epoch: { 7 })
    let forged = try await other.token(
      method: "GET", pathAndQuery: "/a?b=1", start: verifier.start, now: TokenFixture.now)
    #expect(await fixture.refusal(of: forged, by: verifier)?.code == .wrongSignature)
    let unsigned = try await fixture.token(for: verifier).split(separator: ".").prefix(2).joined(separator: ".") + "."
    #expect(await fixture.refusal(of: unsigned, by: verifier)?.code == .wrongSignature)
    let rome = await SiteTokenIssuer(
      site: SiteName("rome")!, audience: TokenFixture.oslo, secret: fixture.secret, epoch: { 7 })
    let unknown = try await rome.token(
      method: "GET", pathAndQuery: "/a?b=1", start: verifier.start, now: TokenFixture.now)
    #expect(await fixture.refusal(of: unknown, by: verifier)?.code == .unknownSite)
  }

  @Test("a token for another site, one that lives too long, one without a nonce")
  func claims() async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier()
    var claims = fixture.claims(for: verifier)
    claims.aud = "rome"
    #expect(await fixture.refusal(of: try await fixture.signed(claims), by: verifier)?.code == .wrongAudience)
    claims = fixture.claims(for: verifier)
    claims.exp += 1
    #expect(await fixture.refusal(of: try await fixture.signed(claims), by: verifier)?.code == .livesTooLong)
    for (issued, end) in [(Int64.min, Int64.max), (.max, .min), (.max, .max), (.min, .min), (0, -1)] {
      claims.iat = issued
      claims.exp = end
      #expect(await fixture.refusal(of: try await fixture.signed(claims), by: verifier) != nil)
    }
    claims = fixture.claims(for: verifier)
    claims.jti = claims.jti.uppercased() + "g"
    #expect(await fixture.refusal(of: try await fixture.signed(claims), by: verifier)?.code == .malformed)
  }

  @Test("other secrets from a reload count at once, and used tokens stay used")
  func reload() async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier()
    let token = try await fixture.token(for: verifier)
    #expect(await fixture.refusal(of: token, by: verifier) == nil)
    await verifier.replaceSites([:])
    #expect(await fixture.refusal(of: token, by: verifier)?.code == .unknownSite)
    await verifier.replaceSites([TokenFixture.berlin: fixture.secret])
    #expect(await fixture.refusal(of: token, by: verifier)?.code == .replayed)
  }

  @Test("of a token with a changed byte nothing is taken but another spelling of the same")
  func mutated() async throws {
    let fixture = try await TokenFixture()
    let verifier = await fixture.verifier()
    let token = try await fixture.token(for: verifier)
    #expect(await fixture.refusal(of: token, by: verifier) == nil)
    var random = SeededGenerator(seed: 20_261_123)
    for _ in 0..<2_000 {
      var bytes = Array(token.utf8)
      let place = Int.random(in: bytes.indices, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(bytes[place], at: place)
      default: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
      }
      let refusal = await fixture.refusal(of: String(decoding: bytes, as: UTF8.self), by: verifier)
      #expect([.malformed, .unknownSite, .wrongSignature, .replayed].contains(refusal?.code))
    }
  }
}
