import Testing

@testable import Agent

@Suite("Values of a configuration")
struct ConfigurationValueTests {
  @Test(
    "durations",
    arguments: [
      ("60s", 60_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("2w", 1_209_600_000), ("250ms", 250),
      ("1d1h1m1s1ms", 90_061_001), ("0s", 0), ("", nil), ("60", nil), ("s", nil), ("1m1h", nil), ("1s1s", nil),
      ("-1s", nil),
      ("1.5h", nil), ("1 h", nil), ("1y", nil), ("99999999999999999999s", nil), ("1000000000w", nil), ("१s", nil),
    ] as [(String, Int?)])
  func durations(text: String, milliseconds: Int?) {
    #expect(Decimal.duration(text) == milliseconds.map { .milliseconds($0) })
  }

  @Test(
    "sizes",
    arguments: [
      ("0", 0), ("512", 512), ("512B", 512), ("64KiB", 65_536), ("64MiB", 67_108_864), ("1GiB", 1 << 30),
      ("2TiB", 2 << 40),
      ("", nil), ("MiB", nil), ("64MB", nil), ("64 MiB", nil), ("-1", nil), ("1e3", nil), ("8388608TiB", nil),
      ("18446744073709551616", nil),
    ] as [(String, UInt64?)])
  func sizes(text: String, bytes: UInt64?) {
    #expect(Decimal.size(text) == bytes)
  }

  @Test(
    "addresses to listen on",
    arguments: [
      ("127.0.0.1:7170", true), ("localhost:0", true), ("[::1]:443", true), ("127.9.9.9:1", true),
      ("0.0.0.0:7170", false),
      ("[::]:7170", false), ("git.example.org:443", false), ("127.0.0.1.example.org:1", false), ("127.0.0:1", false),
    ])
  func listen(text: String, isLoopback: Bool) throws {
    let address = try #require(ListenAddress(text))
    #expect(address.isLoopback == isLoopback && address.description == text)
  }

  @Test("no addresses", arguments: ["", ":1", "a", "a:", "a:b", "a:65536", "::1:1", "a b:1", "[]:1", "a:-1", "a/b:1"])
  func noListen(text: String) {
    #expect(ListenAddress(text) == nil)
  }

  @Test("what the operator may have meant")
  func spelling() {
    #expect(Spelling.nearest(to: "listn", among: ["state", "listen"]) == "listen")
    #expect(Spelling.nearest(to: "xyz", among: ["state", "listen"]) == nil)
    #expect(Spelling.nearest(to: "", among: ["state"]) == nil)
  }
}
