import Foundation
import SiteTokens
import TestSupport
import Testing

@Suite("Secrets of webhooks")
struct WebhookSecretTests {
  @Test("signatures are those of openssl, and no others")
  func signatures() throws {
    try withTemporaryDirectory("webhook") { directory in
      let text = String(repeating: "k3y!", count: 10)
      let path = try directory.write(text + "\n", to: "secret")
      #expect(chmod(path, 0o600) == 0)
      let secret = try WebhookSecret(file: path)
      let body = try directory.write("{\"ref\": \"refs/heads/main\"}", to: "body")
      let signing = try ChildProcess("/usr/bin/openssl", ["dgst", "-sha256", "-hmac", text, "-r", body])
      let signature = String(try signing.outcome().text.prefix(64))
      let bytes = Array("{\"ref\": \"refs/heads/main\"}".utf8)
      #expect(secret.signs(bytes, as: signature) && secret.signs(bytes, as: signature.uppercased()))
      #expect(!secret.signs(bytes + [10], as: signature))
      for wrong in ["", "zz", String(signature.dropLast(2)), signature + "00", String(repeating: "0", count: 64)] {
        #expect(!secret.signs(bytes, as: wrong), "\(wrong)")
      }
      #expect(secret.equals(text))
      for wrong in ["", String(text.dropLast()), text + " "] { #expect(!secret.equals(wrong)) }
      #expect("\(secret)\(String(reflecting: secret))".contains("k3y") == false)
    }
  }
}
