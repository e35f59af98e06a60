import Testing

@testable import GitTransport

@Suite struct NetrcTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    var host = "h.example"
    var user: String?
    let found: String?
  }

  @Test(
    "entries are found as curl and git find them",
    arguments: [
      Case(testDescription: "one line", text: "machine h.example login u password p", found: "u:p"),
      Case(testDescription: "many lines", text: "machine h.example\n\tlogin u\n  password p\n", found: "u:p"),
      Case(testDescription: "windows line ends", text: "machine h.example\r\nlogin u\r\npassword p\r\n", found: "u:p"),
      Case(testDescription: "password before login", text: "machine h.example password p login u", found: "u:p"),
      Case(testDescription: "host in another case", text: "machine H.Example login u password p", found: "u:p"),
      Case(testDescription: "another host", text: "machine other login u password p", found: nil),
      Case(testDescription: "no subdomains", text: "machine example login u password p", found: nil),
      Case(
        testDescription: "the first of two",
        text: "machine h.example login a password 1 machine h.example login b password 2", found: "a:1"),
      Case(
        testDescription: "the one of that user",
        text: "machine h.example login a password 1 machine h.example login b password 2", user: "b", found: "b:2"),
      Case(
        testDescription: "no entry of that user", text: "machine h.example login a password 1", user: "b", found: nil),
      Case(
        testDescription: "default", text: "machine other login a password 1 default login d password 2", found: "d:2"),
      Case(testDescription: "without password", text: "machine h.example login a", found: nil),
      Case(testDescription: "without login", text: "machine h.example password p", found: ":p"),
      Case(
        testDescription: "quoted", text: #"machine h.example login "a b" password "p \" \\ q""#, found: #"a b:p " \ q"#),
      Case(
        testDescription: "comment",
        text: "# machine h.example login x password y\nmachine h.example login u password p", found: "u:p"),
      Case(testDescription: "password with a hash", text: "machine h.example login u password #p#", found: "u:#p#"),
      Case(testDescription: "account", text: "machine h.example login u account login password p", found: "u:p"),
      Case(
        testDescription: "macro",
        text: "macdef m\nmachine h.example login x password y\n\nmachine h.example login u password p", found: "u:p"),
      Case(testDescription: "macro without end", text: "macdef m\nmachine h.example login x password y", found: nil),
      Case(testDescription: "cut after a keyword", text: "machine h.example login u password", found: nil),
      Case(testDescription: "words of nobody", text: "hello machine h.example port 1 login u password p", found: "u:p"),
      Case(testDescription: "login before any machine", text: "login u password p", found: nil),
      Case(testDescription: "empty", text: "", found: nil),
    ])
  func lookUp(_ test: Case) {
    let found = Netrc(test.text).credential(host: test.host, user: test.user)
    #expect(found.map { "\($0.user):\($0.password)" } == test.found)
  }
}
