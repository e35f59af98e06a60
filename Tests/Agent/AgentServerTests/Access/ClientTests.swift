import Agent
import HTTPTypes
import Testing

@testable import AgentServer

@Suite("From where a request comes")
struct ClientTests {
  private static func client(
    _ headers: [(String, String)], peer: String = "127.0.0.1", proxies: [String] = [], isSecure: Bool = false
  ) -> Client {
    var fields = HTTPFields()
    for (name, value) in headers {
      if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
    }
    return Client(fields, peer: peer, isSecure: isSecure, trusting: proxies.compactMap { AddressRange($0) })
  }

  @Test(
    "a header of a proxy takes the privilege of this machine away",
    arguments: [
      "X-Forwarded-For", "x-forwarded-for", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Proto", "X-Forwarded-Host",
      "X-Forwarded-Server", "CF-Connecting-IP", "True-Client-IP",
    ])
  func forwarded(header: String) {
    for value in ["127.0.0.1", "203.0.113.9", "", "for=127.0.0.1"] {
      let client = Self.client([(header, value)])
      #expect(!client.isOnThisMachine && client.address == "127.0.0.1")
      // The other headers of an unknown proxy are ignored.
      #expect(!Self.client([(header, "https")]).isSecure)
    }
  }

  @Test("this machine has all its addresses", arguments: ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
  func loopback(peer: String) {
    #expect(Self.client([], peer: peer).isOnThisMachine)
    // All that comes from a trusted proxy is of no client on this machine, also what bears no header at all.
    #expect(!Self.client([], peer: peer, proxies: ["127.0.0.0/8", "::1"]).isOnThisMachine)
    #expect(
      !Self.client([("X-Forwarded-For", "127.0.0.1")], peer: peer, proxies: ["127.0.0.0/8", "::1"]).isOnThisMachine)
  }

  @Test("no other is", arguments: ["128.0.0.1", "::2", "10.0.0.1", "::ffff:128.0.0.1", "", "localhost"])
  func elsewhere(peer: String) { #expect(!Self.client([], peer: peer).isOnThisMachine) }

  @Test(
    "the last address that is no trusted proxy is the client's",
    arguments: [
      (["203.0.113.9"], "203.0.113.9"), (["1.2.3.4, 203.0.113.9"], "203.0.113.9"),
      (["127.0.0.1", "203.0.113.9"], "203.0.113.9"), (["203.0.113.9, 10.1.2.3"], "203.0.113.9"),
      (["203.0.113.9:4711"], "203.0.113.9"), (["[2001:DB8::1]:4711"], "2001:db8::1"), (["2001:db8::1"], "2001:db8::1"),
      (["10.1.1.1, 10.1.1.2"], "10.1.1.1"), (["203.0.113.9, unknown"], "127.0.0.1"), ([""], "127.0.0.1"),
      ([], "127.0.0.1"),
    ])
  func addresses(values: [String], address: String) {
    let client = Self.client(values.map { ("X-Forwarded-For", $0) }, proxies: ["127.0.0.1", "10.0.0.0/8"])
    #expect(client.address == address && !client.isOnThisMachine)
  }

  @Test("Forwarded is read where there is no X-Forwarded-For")
  func standard() {
    let client = Self.client(
      [("Forwarded", "for=1.2.3.4, for=\"[2001:db8::7]:99\";proto=https;host=remora.example")], proxies: ["127.0.0.1"])
    #expect(client.address == "2001:db8::7" && client.isSecure && client.forwardedHost == "remora.example")
    let both = Self.client(
      [("Forwarded", "for=1.2.3.4"), ("X-Forwarded-For", "203.0.113.9")], proxies: ["127.0.0.1"])
    #expect(both.address == "203.0.113.9")
  }

  @Test("clients are counted by what they can easily have: one address of IPv4, 64 bits of IPv6")
  func networks() {
    #expect(Self.client([], peer: "2001:db8:1:2:3:4:5:6").network == "2001:db8:1:2::/64")
    #expect(
      Self.client([], peer: "2001:db8:1:2::1").network == Self.client([], peer: "2001:db8:1:2:ffff::9").network)
    #expect(Self.client([], peer: "2001:db8:1:3::1").network != Self.client([], peer: "2001:db8:1:2::1").network)
    #expect(Self.client([], peer: "192.0.2.7").network == "192.0.2.7")
    #expect(Self.client([], peer: "::ffff:192.0.2.7").network == "192.0.2.7")
  }

  @Test("ranges of addresses")
  func ranges() throws {
    for bad in ["", "a", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "10.0.0", "10.0.0.0/8/8", "1.2.3.4:5"] {
      #expect(AddressRange(bad) == nil, "\(bad)")
    }
    let ten = try #require(AddressRange("10.128.0.0/9"))
    #expect(ten.contains("10.200.1.1") && !ten.contains("10.1.1.1") && ten.contains("::ffff:10.200.1.1"))
    #expect(!ten.contains("::1") && !ten.contains("nonsense"))
    let six = try #require(AddressRange("2001:db8::/33"))
    #expect(six.contains("2001:db8:7fff::1") && !six.contains("2001:db8:8000::1"))
    #expect(AddressRange("0.0.0.0/0")?.contains("255.1.2.3") == true)
    #expect(AddressRange("::1")?.contains("0:0:0:0:0:0:0:1") == true)
  }
}
