import BoundedHTTP
import Testing

@testable import GitTransport

@Suite struct ProxyEnvironmentTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let environment: [String: String]
    let source: String
    let proxy: String?

    var testDescription: String { "\(environment.sorted { $0.key < $1.key }) \(source)" }
  }

  @Test(
    "the proxy for a source",
    arguments: [
      Case(environment: [:], source: "https://h/", proxy: nil),
      Case(environment: ["http_proxy": "http://p:3128"], source: "http://h/", proxy: "p:3128"),
      Case(environment: ["http_proxy": "http://p:3128"], source: "https://h/", proxy: nil),
      Case(environment: ["HTTP_PROXY": "http://p:3128"], source: "http://h/", proxy: nil),
      Case(environment: ["https_proxy": "p:3128"], source: "https://h/", proxy: "p:3128"),
      Case(environment: ["HTTPS_PROXY": "p:3128/"], source: "https://h/", proxy: "p:3128"),
      Case(environment: ["https_proxy": "a:1", "HTTPS_PROXY": "b:2"], source: "https://h/", proxy: "a:1"),
      Case(environment: ["all_proxy": "p"], source: "http://h/", proxy: "p:1080"),
      Case(environment: ["all_proxy": "a:1", "https_proxy": "b:2"], source: "https://h/", proxy: "b:2"),
      Case(environment: ["all_proxy": "a:1", "https_proxy": ""], source: "https://h/", proxy: nil),
      Case(environment: ["ALL_PROXY": "http://[::1]:8080"], source: "http://h/", proxy: "[::1]:8080"),
      Case(environment: ["all_proxy": "p:1", "no_proxy": "*"], source: "http://h/", proxy: nil),
      Case(environment: ["all_proxy": "p:1", "no_proxy": "h.example"], source: "http://h.example/", proxy: nil),
      Case(environment: ["all_proxy": "p:1", "no_proxy": "x, example"], source: "http://h.example/", proxy: nil),
      Case(environment: ["all_proxy": "p:1", "no_proxy": ".example y"], source: "http://h.example/", proxy: nil),
      Case(environment: ["all_proxy": "p:1", "NO_PROXY": ".EXAMPLE"], source: "http://example/", proxy: nil),
      Case(environment: ["all_proxy": "p:1", "no_proxy": "ample"], source: "http://example/", proxy: "p:1"),
      Case(environment: ["all_proxy": "p:1", "no_proxy": "h:81"], source: "http://h/", proxy: "p:1"),
      Case(environment: ["all_proxy": "p:1", "no_proxy": "h:80"], source: "http://h/", proxy: nil),
      Case(environment: ["all_proxy": "p:1", "no_proxy": "[::1]"], source: "http://[::1]/", proxy: nil),
      Case(environment: ["all_proxy": "p:1", "no_proxy": "::1"], source: "http://[::1]/", proxy: nil),
      Case(environment: ["all_proxy": "p:1", "no_proxy": "[::1]:81"], source: "http://[::1]/", proxy: "p:1"),
      Case(environment: ["all_proxy": "p:1", "no_proxy": "127.0.0.1"], source: "http://127.0.0.1:5/", proxy: nil),
      Case(environment: ["all_proxy": "p:1", "no_proxy": ",, ."], source: "http://h/", proxy: "p:1"),
    ])
  func choice(_ test: Case) throws {
    let origin = try #require(try SourceURL(test.source).origin)
    #expect(try ProxyEnvironment(test.environment).proxy(for: origin)?.description == test.proxy)
  }

  @Test("user and password of a proxy are taken along, and printed nowhere")
  func credential() throws {
    let origin = try #require(try SourceURL("https://h/").origin)
    let proxy = try ProxyEnvironment(["https_proxy": "http://u:p%40ss@p:1"]).proxy(for: origin)
    #expect(proxy?.credential?.password == "p@ss")
    #expect(proxy.map { "\($0)" } == "p:1")
  }

  @Test("a SOCKS proxy", arguments: ["socks5://p:1", "socks5h://p:1"])
  func socks(value: String) throws {
    let origin = try #require(try SourceURL("https://h/").origin)
    let proxy = try ProxyEnvironment(["all_proxy": value]).proxy(for: origin)
    #expect(proxy == HTTPProxy(.socks5, host: "p", port: 1))
    let login = try ProxyEnvironment(["all_proxy": value.replacing("//p", with: "//u:s%3a@p")]).proxy(for: origin)
    #expect(login?.credential == HTTPBasicCredential(user: "u", password: "s:") && login.map { "\($0)" } == "p:1")
  }

  @Test(
    "proxies of unsupported schemes, and values that are none, are named by their variable",
    arguments: [
      ("socks4://p:1", TransportError.Code.unsupportedSource), ("https://p:1", .unsupportedSource),
      ("http://s3cret@:1", .invalidURL),
      ("http://s3cret@p:x", .invalidURL),
    ])
  func refused(value: String, code: TransportError.Code) throws {
    let origin = try #require(try SourceURL("https://h/").origin)
    let error = #expect(throws: TransportError.self) { try ProxyEnvironment(["https_proxy": value]).proxy(for: origin) }
    #expect(error?.code == code)
    #expect(error.map { "\($0)".contains("https_proxy") && !"\($0)".contains("s3cret") } == true)
  }
}
