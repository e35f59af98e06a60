import AgentAPI
import AgentClient
import Foundation
import TestSupport
import Testing

/// The admin page in a real browser, with the keyboard alone.
@Suite(.serialized) struct PageTests {
  /// Waits until an expression of the page is true.
  private static func until(_ expression: String, _ browser: Browser) async throws {
    for _ in 0..<600 {
      if try await browser.text(expression) == "true" { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw TestSupportError("never: \(expression): \(try await browser.text("document.body.innerText"))")
  }

  private static func signIn(_ browser: Browser, _ fixture: AgentPairFixture, at port: UInt16? = nil) async throws {
    try await browser.open("http://127.0.0.1:\(port ?? fixture.secondaryPort)/")
    try await until("location.pathname == '/sign-in'", browser)
    try await browser.tab(to: "token")
    try await browser.press(try fixture.secret("admin") + "\u{e007}")
    try await until("document.querySelector('h1').textContent == 'Sites'", browser)
  }

  @Test func `one that fails is found, resynced and seen to turn synced, by keyboard and without a reload`()
    async throws
  {
    try await withTemporaryDirectory("page") { directory in
      let fixture = try AgentPairFixture.forReaders(directory)
      try fixture.makeSources("good", "bad")
      try fixture.makeForeignCopy("bad")
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      let browser = try await Browser(width: 360)
      try await fixture.asking { pair in
        try await pair.until("one fails and one is verified") {
          let (good, bad) = (try await pair.entry("good"), try await pair.entry("bad"))
          return good?.verificationState == .succeeded && bad?.state == .failed
        }
        try await Self.signIn(browser, fixture)
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
        let again = try fixture.startSecondary()
        try await Self.until("document.getElementById('connection').hidden", browser)
        try await browser.tab(to: "Sign out admin")
        try await browser.press("\u{e007}")
        try await Self.until("location.pathname == '/sign-in'", browser)
        try await browser.open("http://127.0.0.1:\(fixture.secondaryPort)/events")
        #expect(try await browser.text("location.pathname") == "/sign-in")
        withExtendedLifetime(again) {}
      }
      await browser.close()
      withExtendedLifetime(agents) {}
    }
  }

  // MARK: Every screen

  /// Text that would be markup, as a branch may be called.
  private static let hostile = "<script>window.wasHit=1</script>"

  /// Where axe.min.js lies (Deque's accessibility checker; the PyPI package axe-core-python has it), and where pictures go.
  private static let (axe, pictures) = (
    ProcessInfo.processInfo.environment["REMORA_AXE"], ProcessInfo.processInfo.environment["REMORA_SCREENSHOTS"]
  )

  private static func screens(of role: String) -> [(name: String, path: String)] {
    let kind = "/kinds/project_repository"
    let both = [
      ("sites", "/"), ("list", kind), ("failed", "\(kind)?state=failed"), ("entry", "\(kind)/entry?id=good"),
      ("confirmation", "\(kind)/confirm?action=reverify"), ("events", "/events"), ("features", "/features"),
      ("fault", "/kinds/none"), ("fault-of-entry", "\(kind)/entry?id=%3Cscript%3E"),
    ]
    return role == "primary" ? both : both + [("failing", "\(kind)/entry?id=bad"), ("trash", "\(kind)/trash")]
  }

  @Test func `every screen fits, runs nothing of others and is for everybody, narrow and wide, light and dark`()
    async throws
  {
    try await withTemporaryDirectory("screens") { directory in
      let fixture = try AgentPairFixture.forReaders(directory)
      try fixture.makeSources("good", "bad", "gone")
      let git = GitCommand()
      _ = try await git.run("-C", fixture.source("good"), "branch", Self.hostile, "main")
      try fixture.makeForeignCopy("bad")
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.until("one fails and two are verified") {
          let (good, gone) = (try await pair.entry("good"), try await pair.entry("gone"))
          return good?.verificationState == .succeeded && gone?.verificationState == .succeeded
        }
        // The history's lines, and the contents of the trash.
        _ = try await git.run("-C", fixture.source("good"), "branch", "-D", Self.hostile)
        try await fixture.push("good")
        try FileManager.default.removeItem(atPath: fixture.source("gone"))
        try await pair.until("it is in the trash") {
          let path = AgentRoute.trash("project_repository")
          return try await pair.secondary.get(path, as: TrashPage.self).tickets.count == 1
        }
      }
      for (width, isDark) in [(360, false), (360, true), (1280, false), (1280, true)] {
        let browser = try await Browser(width: width, isDark: isDark)
        for (role, port) in [("primary", fixture.port), ("secondary", fixture.secondaryPort)] {
          try await browser.open("http://127.0.0.1:\(port)/sign-in")
          try await Self.look(at: "sign-in", browser, "\(role)-\(width)-\(isDark ? "dark" : "light")")
          try await Self.signIn(browser, fixture, at: port)
          for (name, path) in Self.screens(of: role) {
            try await browser.open("http://127.0.0.1:\(port)\(path)")
            try await Self.look(at: name, browser, "\(role)-\(width)-\(isDark ? "dark" : "light")")
          }
          try await browser.tab(to: "Sign out admin")
          try await browser.press("\u{e007}")
        }
        await browser.close()
      }
      withExtendedLifetime(agents) {}
    }
  }

  /// Checks what holds for every screen.
  private static func look(at name: String, _ browser: Browser, _ what: String) async throws {
    let place = "\(name) of \(what)"
    #expect(try await browser.text("document.documentElement.scrollWidth <= window.innerWidth") == "true", "\(place)")
    #expect(try await browser.text("window.wasHit") == "undefined", "\(place)")
    #expect(try await browser.text("document.querySelectorAll('h1').length") == "1", "\(place)")
    let isDark = what.hasSuffix("dark")
    #expect(try await browser.text("matchMedia('(prefers-color-scheme: dark)').matches") == "\(isDark)", "\(place)")
    if let axe {
      let script = try String(contentsOfFile: axe, encoding: .utf8)
      let found = try await browser.answer(
        to: """
          \(script);
          return axe.run().then(found => found.passes.length + ' rules kept' + found.violations.map(one => '; ' + one.id + ': '
            + one.nodes.map(node => node.html + ' ' + node.failureSummary).join(', ')).join(''))
          """)
      #expect(found.wholeMatch(of: /[1-9]\d rules kept/) != nil, "\(place): \(found)")
    }
    if let pictures {
      try Data(try await browser.screenshot()).write(to: URL(fileURLWithPath: "\(pictures)/\(what)-\(name).png"))
    }
  }
}
