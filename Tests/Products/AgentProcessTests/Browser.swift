import BoundedHTTP
import Foundation
import TestSupport

/// A headless Chromium, driven over WebDriver (W3C) by chromedriver.
final class Browser {
  /// Holds what the browser writes, its profile and its settings, which it makes whatever its home is called.
  private let home: TemporaryDirectory
  private let driver: ChildProcess
  private let http = BoundedHTTPClient()
  private let base: String
  private var session = ""

  /// - Parameters:
  ///   - width: of the window, in CSS pixels.
  ///   - isDark: what the system is said to prefer.
  init(width: Int = 1280, isDark: Bool = false) async throws {
    let port = try ClosedPort().port
    base = "http://127.0.0.1:\(port)"
    home = try TemporaryDirectory("browser")
    driver = try ChildProcess(
      "chromedriver", ["--port=\(port)"], environment: ChildProcess.isolatedEnvironment(home: home.path))
    guard driver.waitUntil(printed: "started successfully") else {
      throw TestSupportError("chromedriver did not start")
    }
    let arguments = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=\(width),900",
      "--blink-settings=preferredColorScheme=\(isDark ? 0 : 1)",
    ]
    let answer = try await ask(
      .post, "/session",
      ["capabilities": ["alwaysMatch": ["goog:chromeOptions": ["args": arguments], "browserName": "chrome"]]])
    session = (answer as? [String: Any])?["sessionId"] as? String ?? ""
    // Chromium has windows of no less than 500 pixels; what is shown can be narrower.
    try await command(
      "/goog/cdp/execute",
      [
        "cmd": "Emulation.setDeviceMetricsOverride",
        "params": ["width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false],
      ])
  }

  /// Ends the browser and its driver.
  func close() async {
    // It is killed with its driver, whatever it answers.
    _ = try? await ask(.delete, "/session/\(session)", nil)
    driver.kill()
    await http.shutdown()
  }

  private func ask(_ method: HTTPRequest.Method, _ path: String, _ body: [String: Any]?) async throws -> Any? {
    var request = HTTPRequest(method, base + path)
    if let body {
      request.body = Array(try JSONSerialization.data(withJSONObject: body))
      request.headers.add("Content-Type", "application/json")
    }
    let (status, bytes) = try await http.exchange(request) { answer in
      (answer.status, try await answer.prefix(16 << 20))
    }
    let value = (try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])?["value"]
    guard status == 200 else { throw TestSupportError("the browser refused \(path): \(String(describing: value))") }
    return value
  }

  @discardableResult private func command(_ path: String, _ body: [String: Any]) async throws -> Any? {
    try await ask(.post, "/session/\(session)\(path)", body)
  }

  /// Opens an address.
  func open(_ url: String) async throws { try await command("/url", ["url": url]) }

  /// Returns what an expression of the page's script gives, as text.
  func text(_ expression: String) async throws -> String { try await answer(to: "return String(\(expression))") }

  /// Returns what a script returns, also through a JavaScript promise: a text. The page's policy does not hold for it.
  func answer(to script: String) async throws -> String {
    try await command("/execute/sync", ["script": script, "args": [String]()]) as? String ?? ""
  }

  /// Presses keys in the element that has the focus: Tab is `\u{e004}`, Enter `\u{e007}`.
  func press(_ keys: String) async throws {
    let actions = keys.flatMap { key in
      [["type": "keyDown", "value": String(key)], ["type": "keyUp", "value": String(key)]]
    }
    try await command("/actions", ["actions": [["type": "key", "id": "keyboard", "actions": actions]]])
  }

  /// Goes by Tab to the element whose text, name or label is this.
  func tab(to label: String) async throws {
    for _ in 0..<80 {
      let here = try await text(
        "(here => here.ariaLabel || (here.tagName == 'INPUT' ? here.name : here.textContent))(document.activeElement)")
      if here.trimmingCharacters(in: .whitespacesAndNewlines) == label { return }
      try await press("\u{e004}")
    }
    throw TestSupportError("no Tab leads to '\(label)' on \(try await text("location.href"))")
  }

  /// Returns a picture of the page, as PNG.
  func screenshot() async throws -> [UInt8] {
    let value = try await ask(.get, "/session/\(session)/screenshot", nil) as? String ?? ""
    return Array(Data(base64Encoded: value) ?? Data())
  }
}
