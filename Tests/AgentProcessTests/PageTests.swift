import AgentAPI
import AgentClient
import Foundation
import TestSupport
import Testing

/// The admin page in a real browser, with the keyboard alone.
@Suite(.serialized) struct PageTests {
  private static func repository(at path: String) throws {
    var builder = RepositoryBuilder()
    builder.ref("refs/heads/main", at: builder.commit(["a": "one"]))
    _ = try builder.build(at: path)
  }

  private static func rig(_ directory: TemporaryDirectory) throws -> AgentRig {
    var settings = AgentRig.Settings()
    settings.secondary = "admin_token_file: \"\(directory.path("admin.secret"))\""
    return try AgentRig(directory, settings: settings)
  }

  /// Waits until an expression of the page is true.
  private static func until(_ expression: String, _ browser: Browser) async throws {
    for _ in 0..<600 {
      if try await browser.text(expression) == "true" { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw TestSupportError("never: \(expression): \(try await browser.text("document.body.innerText"))")
  }

  private static func signIn(_ browser: Browser, _ rig: AgentRig) async throws {
    try await browser.open("http://127.0.0.1:\(rig.secondaryPort)/")
    try await until("location.pathname == '/sign-in'", browser)
    try await browser.tab(to: "token")
    try await browser.press(try rig.secret("admin") + "\u{e007}")
    try await until("document.querySelector('h1').textContent == 'Sites'", browser)
  }

  @Test func `one that fails is found, resynced and seen to turn synced, by keyboard and without a reload`()
    async throws
  {
    try await withTemporaryDirectory("page") { directory in
      let rig = try Self.rig(directory)
      for id in ["good", "bad"] { try Self.repository(at: rig.source(id)) }
      // What is no repository stands where the copy shall be.
      try FileManager.default.createDirectory(
        atPath: directory.path("copies"), withIntermediateDirectories: true)
      try directory.write("in the way", to: "copies/bad.git")
      let agents = (try rig.startPrimary(), try rig.startSecondary())
      let browser = try await Browser(width: 360)
      try await rig.asking { pair in
        try await pair.until("one fails and one is verified") {
          let (good, bad) = (try await pair.entry("good"), try await pair.entry("bad"))
          return good?.verificationState == "succeeded" && bad?.state == "failed"
        }
        try await Self.signIn(browser, rig)
        #expect(try await browser.text("document.body.innerText").contains("unhealthy"))
        try await browser.tab(to: "1 sync failed")
        try await browser.press("\u{e007}")
        try await Self.until("document.querySelectorAll('tbody tr').length == 1", browser)
        try await browser.tab(to: "bad")
        try await browser.press("\u{e007}")
        try await Self.until("document.querySelector('h1').textContent == 'bad'", browser)
        #expect(try await browser.text("document.getElementById('state').textContent") == "failed")
        try FileManager.default.removeItem(atPath: directory.path("copies/bad.git"))
        try await browser.tab(to: "Resync")
        try await browser.press("\u{e007}")
        try await Self.until("document.body.innerText.includes('Asked for a resync of 1.')", browser)
        _ = try await browser.text("window.mark = 'here'")
        try await Self.until("document.getElementById('state').textContent == 'synced'", browser)
        try await Self.until("document.getElementById('verification-state').textContent == 'succeeded'", browser)
        // The page was never loaded anew, and nothing reaches over its edge.
        #expect(try await browser.text("window.mark") == "here")
        #expect(try await browser.text("document.documentElement.scrollWidth <= 360") == "true")
        #expect(try await browser.text("document.body.innerText").contains("failed → pending"))
        // The agent goes and comes back under the open page.
        agents.1.kill()
        try await Self.until("document.getElementById('connection').hidden == false", browser)
        let again = try rig.startSecondary()
        try await Self.until("document.getElementById('connection').hidden", browser)
        try await browser.tab(to: "Sign out admin")
        try await browser.press("\u{e007}")
        try await Self.until("location.pathname == '/sign-in'", browser)
        try await browser.open("http://127.0.0.1:\(rig.secondaryPort)/events")
        #expect(try await browser.text("location.pathname") == "/sign-in")
        withExtendedLifetime(again) {}
      }
      await browser.close()
      withExtendedLifetime(agents) {}
    }
  }
}
