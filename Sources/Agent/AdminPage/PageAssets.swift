internal import AgentAPI

extension AdminPage {
  /// `/assets/page.css`.
  package static let style = #"""
    :root { color-scheme: light dark; --back: #f6f7f9; --card: #fff; --ink: #16202c; --soft: #4a5765; --line: #c3ccd6;
      --link: #0b57a4; --good: #11652f; --bad: #a4161a; --warn: #7a4b00; --bar: #1f7a3f; --control: #6b7885; }
    @media (prefers-color-scheme: dark) { :root { --back: #10161d; --card: #19212b; --ink: #e8edf3; --soft: #aab6c3;
      --line: #3a4653; --link: #8cc4ff; --good: #7ddc9a; --bad: #ff9c98; --warn: #f2c36b; --bar: #58c47f; --control: #8492a1; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--back); color: var(--ink); font: 16px/1.45 system-ui, sans-serif; overflow-wrap: break-word; }
    header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.5rem; padding: .5rem 1rem; background: var(--card);
      border-bottom: 1px solid var(--line); }
    header form { margin-left: auto; }
    .brand { margin: 0; }
    nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 0; padding: 0; list-style: none; }
    nav a { display: inline-block; padding: .35rem 0; }
    nav a[aria-current] { font-weight: 700; text-decoration: none; color: var(--ink); }
    main { max-width: 80rem; margin: 0 auto; padding: 0 1rem 2rem; }
    main:focus { outline: none; }
    footer { max-width: 80rem; margin: 0 auto; padding: 0 1rem 1rem; color: var(--soft); }
    h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; } h3 { font-size: 1rem; margin-bottom: .25rem; }
    a { color: var(--link); }
    :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
    .skip { position: absolute; left: -100vw; } .skip:focus { left: 1rem; top: .25rem; background: var(--card); padding: .5rem; }
    .quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; margin: 0; }
    .quiet-text { color: var(--soft); margin: .25rem 0 0; font-size: .9rem; }
    .panel { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .25rem 1rem 1rem; margin: 0 0 1rem; }
    .badge { display: inline-block; border: 1px solid currentcolor; border-radius: .7rem; padding: 0 .55rem; font-size: .85rem;
      font-weight: 600; color: var(--soft); white-space: nowrap; }
    .healthy, .synced, .succeeded { color: var(--good); } .unhealthy, .failed { color: var(--bad); }
    .pending, .started, .unknown { color: var(--warn); }
    .problems { color: var(--bad); } .text { white-space: pre-wrap; } .text, code, dd, h1, tbody th { overflow-wrap: anywhere; }
    tbody th { min-width: 8rem; }
    .notice, .error, #connection { border: 1px solid currentcolor; border-radius: .5rem; padding: .5rem 1rem; background: var(--card); }
    .notice { color: var(--good); } .error { color: var(--bad); } #connection { color: var(--warn); margin: .5rem 1rem; }
    .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .5rem 1.5rem; }
    .facts div { min-width: 0; } dt { color: var(--soft); font-size: .9rem; } dd { margin: 0; }
    .bar { display: grid; gap: .15rem; margin: .35rem 0; max-width: 40rem; }
    progress { width: 100%; height: .8rem; accent-color: var(--bar); }
    .counts a, .counts span { display: inline-block; margin-right: 1rem; padding: .2rem 0; }
    .filters, .bulk { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin: 0 0 1rem; }
    .filters p { margin: 0; } label { display: block; color: var(--soft); font-size: .9rem; }
    input, select, button, .button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--control);
      border-radius: .35rem; padding: .35rem .7rem; min-height: 2.2rem; max-width: 100%; }
    button, .button { cursor: pointer; text-decoration: none; display: inline-block; }
    button:hover, .button:hover { border-color: var(--link); color: var(--link); }
    .danger { color: var(--bad); border-color: var(--bad); }
    table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); }
    th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); font-weight: 400; }
    thead th { font-weight: 600; color: var(--soft); } td form { display: flex; flex-wrap: wrap; gap: .35rem; }
    code { font-size: .9rem; } .pages { display: flex; gap: 1.5rem; padding: .75rem 0; }
    .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); gap: 1rem; }
    figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; }
    svg { width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 13px; }
    polyline { fill: none; stroke: var(--link); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    .line1 { stroke: var(--bar); stroke-dasharray: 6 4; } .grid { stroke: var(--line); } .axis { stroke: var(--control); }
    .key0 { color: var(--link); } .key1 { color: var(--good); }
    @media (max-width: 50rem) {
      .stacked thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      .stacked, .stacked tbody, .stacked tr, .stacked th, .stacked td { display: block; }
      .stacked tr { border-bottom: 2px solid var(--line); padding: .35rem 0; }
      .stacked tbody th, .stacked td { border: 0; padding: .2rem .6rem; }
      .stacked td:empty { display: none; }
      .stacked td::before { content: attr(data-label) " "; color: var(--soft); font-size: .9rem; }
      header form { margin-left: 0; }
    }
    @media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }

    """#
}

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
          if (answer.redirected && new URL(answer.url).pathname === "\#(AgentPath.signIn.rawValue)") { location.assign(answer.url); return; }
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
        source = new EventSource("\#(AgentRoute.stream)");
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
