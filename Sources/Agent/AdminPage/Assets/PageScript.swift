extension AdminPage {
  /// `/assets/page.js`: shows what has changed without a reload. Everything works without it.
  package static let script = #"""
    "use strict";
    (() => {
      const live = () => document.querySelector("[data-live]");
      if (!live() || !window.EventSource) return;
      const banner = document.getElementById("connection");
      const news = document.getElementById("news");
      let source, timer, pause = 1000, busy = false, again = false;

      // Who works in the part that would be replaced is not disturbed.
      const isInUse = () => live().contains(document.activeElement)
        && /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);

      const refresh = async () => {
        timer = undefined;
        if (busy || isInUse() || document.hidden) { again = true; return; }
        busy = true;
        again = false;
        try {
          const answer = await fetch(location.href, { credentials: "same-origin", headers: { accept: "text/html" } });
          if (answer.redirected && new URL(answer.url).pathname === "/sign-in") { location.assign(answer.url); return; }
          if (!answer.ok) throw new Error(answer.status);
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const fresh = page.querySelector("[data-live]");
          const old = live();
          if (fresh && fresh.innerHTML !== old.innerHTML) {
            const focused = old.contains(document.activeElement) ? document.activeElement : null;
            const mark = focused && (focused.getAttribute("href") || focused.getAttribute("aria-label"));
            old.replaceChildren(...fresh.childNodes);
            if (mark) {
              const same = [...live().querySelectorAll("a, button")]
                .find((one) => one.getAttribute("href") === mark || one.getAttribute("aria-label") === mark);
              if (same) same.focus();
            }
            news.textContent = "The page has changed.";
          }
          banner.hidden = true;
        } catch {
          banner.hidden = false;
        } finally {
          busy = false;
        }
      };

      const soon = () => { if (!timer) timer = setTimeout(refresh, 700); };

      const connect = () => {
        source = new EventSource("/api/v1/stream");
        source.onopen = () => { pause = 1000; banner.hidden = true; soon(); };
        source.addEventListener("change", soon);
        source.addEventListener("status", soon);
        source.onerror = () => {
          if (source.readyState !== EventSource.CLOSED) { banner.hidden = false; return; }
          // A refusal ends a stream for good: the session may have ended.
          banner.hidden = false;
          setTimeout(() => { soon(); connect(); }, pause);
          pause = Math.min(pause * 2, 10000);
        };
      };

      document.addEventListener("visibilitychange", () => { if (!document.hidden && again) soon(); });
      document.addEventListener("focusout", () => { if (again) soon(); });
      connect();
    })();

    """#
}
