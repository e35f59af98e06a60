/// The screens' texts (mustache).
enum Templates {
  static let all = [
    "layout": layout, "signIn": signIn, "sites": SitesTemplates.sites, "list": list, "entry": EntryTemplates.entry,
    "confirmation": confirmation, "events": events, "trash": trash, "features": features, "fault": fault,
    "moment": moment,
  ]

  private static let moment =
    #"{{#isNever}}{{text}}{{/isNever}}{{^isNever}}<time datetime="{{exact}}" title="{{exact}}">{{text}}</time>{{/isNever}}"#

  private static let layout = #"""
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{{title}} · {{site}} · Remora</title>
    <link rel="stylesheet" href="/assets/page.css">
    <script src="/assets/page.js" defer></script>
    </head>
    <body>
    <a class="skip" href="#main">To the content</a>
    <header>
    <p class="brand"><strong>Remora</strong> {{site}} <span class="badge">{{role}}</span></p>
    {{#isSignedIn}}
    <nav aria-label="Screens"><ul>
    {{#links}}<li><a href="{{path}}"{{#isCurrent}} aria-current="page"{{/isCurrent}}>{{text}}</a></li>
    {{/links}}</ul></nav>
    <form method="post" action="/sign-out"><input type="hidden" name="csrf" value="{{csrf}}"><button>Sign out {{viewer}}</button></form>
    {{/isSignedIn}}
    </header>
    <p id="connection" role="status" hidden>The connection to the agent is lost; trying again.</p>
    <p id="news" class="quiet" aria-live="polite"></p>
    <main id="main" tabindex="-1">
    {{#notice}}<p class="notice" role="status">{{notice}}</p>{{/notice}}
    {{#error}}<p class="error" role="alert">{{error}}</p>{{/error}}
    {{{body}}}
    </main>
    <footer><p>Remora {{version}}</p></footer>
    </body>
    </html>
    """#

  private static let signIn = #"""
    <h1>Sign in</h1>
    <form method="post" action="/sign-in" class="panel">
    <input type="hidden" name="return_to" value="{{rawReturnTo}}">
    <p><label for="token">Token of a reader or an admin</label>
    <input id="token" name="token" type="password" autocomplete="current-password" required autofocus></p>
    <p><button>Sign in</button></p>
    </form>
    """#

  private static let list = #"""
    <h1>{{kind}}</h1>
    <form method="get" action="{{path}}" class="filters">
    {{#isSecondary}}<p><label for="state">Sync</label>
    <select id="state" name="state"><option value="">any</option>{{#states}}<option value="{{value}}"{{#isChosen}} selected{{/isChosen}}>{{text}}</option>{{/states}}</select></p>{{/isSecondary}}
    <p><label for="verification">Verification</label>
    <select id="verification" name="verification_state"><option value="">any</option>{{#verificationStates}}<option value="{{value}}"{{#isChosen}} selected{{/isChosen}}>{{text}}</option>{{/verificationStates}}</select></p>
    {{#isSecondary}}<p><label for="sort">Order</label>
    <select id="sort" name="sort">{{#sorts}}<option value="{{value}}"{{#isChosen}} selected{{/isChosen}}>{{text}}</option>{{/sorts}}</select></p>{{/isSecondary}}
    <p><label for="prefix">Id begins with</label>
    <input id="prefix" name="prefix" type="search" value="{{rawPrefix}}"></p>
    <p><button>Show</button></p>
    </form>
    {{#isAdmin}}<p class="bulk">{{#bulk}}<a class="button" href="{{link}}">{{text}}</a> {{/bulk}}</p>{{/isAdmin}}
    {{#trash}}<p><a href="{{trash}}">Trash and waiting removals</a></p>{{/trash}}
    <div id="live" data-live>
    {{#count}}<p>{{count}} in all.</p>{{/count}}
    {{#isEmpty}}<p>Nothing fits.</p>{{/isEmpty}}
    {{^isEmpty}}<table class="stacked">
    <caption class="quiet">Entries of {{kind}}</caption>
    <thead><tr><th scope="col">Id</th>{{#isSecondary}}<th scope="col">Sync</th>{{/isSecondary}}<th scope="col">Verification</th>{{#isSecondary}}<th scope="col">Last sync</th>{{/isSecondary}}<th scope="col">Last verification</th><th scope="col">Failure</th>{{#isAdmin}}<th scope="col">Actions</th>{{/isAdmin}}</tr></thead>
    <tbody>
    {{#rows}}<tr><th scope="row" data-label="Id"><a href="{{link}}">{{id}}</a></th>
    {{#isSecondary}}<td data-label="Sync"><span class="badge {{state}}">{{state}}</span></td>{{/isSecondary}}
    <td data-label="Verification"><span class="badge {{verificationState}}">{{verificationState}}</span></td>
    {{#isSecondary}}<td data-label="Last sync">{{#syncedAt}}{{>moment}}{{/syncedAt}}</td>{{/isSecondary}}
    <td data-label="Last verification">{{#verifiedAt}}{{>moment}}{{/verifiedAt}}</td>
    <td data-label="Failure" class="text">{{failure}}</td>
    {{#isAdmin}}<td data-label="Actions"><form method="post" action="{{actions}}">
    <input type="hidden" name="csrf" value="{{csrf}}"><input type="hidden" name="id" value="{{raw}}"><input type="hidden" name="return_to" value="{{rawReturnTo}}">
    {{#isSecondary}}<button name="action" value="resync" aria-label="Resync {{id}}">Resync</button>{{/isSecondary}}
    <button name="action" value="reverify" aria-label="Reverify {{id}}">Reverify</button></form></td>{{/isAdmin}}</tr>
    {{/rows}}
    </tbody></table>{{/isEmpty}}
    <nav class="pages" aria-label="Pages">{{#previous}}<a href="{{previous}}" rel="prev">Previous</a>{{/previous}} {{#next}}<a href="{{next}}" rel="next">Next</a>{{/next}}</nav>
    </div>
    """#

  private static let confirmation = #"""
    <h1>{{title}}</h1>
    <form method="post" action="{{action}}" class="panel">
    <p>{{question}}</p>
    <input type="hidden" name="csrf" value="{{csrf}}">{{#fields}}<input type="hidden" name="{{name}}" value="{{rawValue}}">{{/fields}}
    <p><button class="danger">Yes, do it</button> <a class="button" href="{{cancel}}">Cancel</a></p>
    </form>
    """#

  private static let events = #"""
    <h1>Events</h1>
    {{#isElsewhere}}<p>This site is a secondary: the events are at its primary.</p>{{/isElsewhere}}
    <div id="live" data-live>
    {{#isEmpty}}<p>There is none.</p>{{/isEmpty}}
    {{^isElsewhere}}{{^isEmpty}}<table class="stacked">
    <caption class="quiet">Events, the newest first</caption>
    <thead><tr><th scope="col">Event</th><th scope="col">When</th><th scope="col">What</th><th scope="col">Kind</th><th scope="col">Id</th><th scope="col">Refs</th><th scope="col">Correlation</th></tr></thead>
    <tbody>
    {{#rows}}<tr><th scope="row" data-label="Event">{{id}}</th><td data-label="When">{{#at}}{{>moment}}{{/at}}</td><td data-label="What">{{name}} {{reason}}</td><td data-label="Kind">{{kind}}</td><td data-label="Id"><a href="{{link}}">{{record}}</a></td><td data-label="Refs">{{changes}}</td><td data-label="Correlation">{{correlation}}</td></tr>
    {{/rows}}
    </tbody></table>{{/isEmpty}}{{/isElsewhere}}
    <nav class="pages" aria-label="Pages">{{#older}}<a href="{{older}}" rel="next">Older</a>{{/older}}</nav>
    </div>
    """#

  private static let trash = #"""
    <h1>Trash</h1>
    <p><a href="{{list}}">Back to the list</a></p>
    {{#isWaiting}}<section class="panel"><h2>Waiting removals</h2>
    <p>Too much would go within a day, or a person has restored them: they wait for a confirmation by an operator.</p>
    <ul>{{#waiting}}<li><a href="{{link}}">{{id}}</a></li>{{/waiting}}</ul>
    {{#isAdmin}}<p><a class="button" href="{{confirmRemovals}}">Let them go</a></p>{{/isAdmin}}</section>{{/isWaiting}}
    <div id="live" data-live>
    {{^hasRows}}<p>The trash is empty.</p>{{/hasRows}}
    {{#hasRows}}{{#isAdmin}}<p><a class="button" href="{{confirmEmpty}}">Empty the trash</a></p>{{/isAdmin}}
    <table class="stacked">
    <caption class="quiet">Copies in the trash</caption>
    <thead><tr><th scope="col">Id</th><th scope="col">Since</th><th scope="col">Why</th>{{#isAdmin}}<th scope="col">Actions</th>{{/isAdmin}}</tr></thead>
    <tbody>
    {{#rows}}<tr><th scope="row" data-label="Id">{{id}}</th><td data-label="Since">{{#at}}{{>moment}}{{/at}}</td><td data-label="Why">{{reason}}</td>
    {{#isAdmin}}<td data-label="Actions"><form method="post" action="{{action}}"><input type="hidden" name="csrf" value="{{csrf}}"><input type="hidden" name="name" value="{{raw}}"><button name="action" value="restore" aria-label="Restore {{id}}">Restore</button></form></td>{{/isAdmin}}</tr>
    {{/rows}}
    </tbody></table>{{/hasRows}}
    </div>
    """#

  private static let features = #"""
    <h1>Features</h1>
    <table class="stacked">
    <caption class="quiet">Feature flags of this site</caption>
    <thead><tr><th scope="col">Feature</th><th scope="col">Now</th>{{#isAdmin}}<th scope="col">Actions</th>{{/isAdmin}}</tr></thead>
    <tbody>
    {{#rows}}<tr><th scope="row" data-label="Feature">{{name}}</th><td data-label="Now">{{#isEnabled}}on{{/isEnabled}}{{^isEnabled}}off{{/isEnabled}}</td>
    {{#isAdmin}}<td data-label="Actions"><form method="post" action="/features"><input type="hidden" name="csrf" value="{{csrf}}"><input type="hidden" name="name" value="{{name}}"><input type="hidden" name="is_enabled" value="{{wanted}}"><button aria-label="Switch {{name}}">{{#isEnabled}}Switch off{{/isEnabled}}{{^isEnabled}}Switch on{{/isEnabled}}</button></form></td>{{/isAdmin}}</tr>
    {{/rows}}
    </tbody></table>
    """#

  private static let fault = #"""
    <h1>Error {{status}}</h1>
    <p class="error" role="alert">{{message}}</p>
    {{#hint}}<p>{{hint}}</p>{{/hint}}
    <p><a href="/">To the sites</a></p>
    """#
}

/// The first screen's text (mustache).
enum SitesTemplates {
  static let sites = #"""
    <h1>Sites</h1>
    <div id="live" data-live>
    {{#sites}}
    <section class="panel">
    <h2>{{name}} <span class="badge {{health}}">{{health}}</span></h2>
    {{#hasProblems}}<ul class="problems">{{#problems}}<li>{{text}}</li>{{/problems}}</ul>{{/hasProblems}}
    <dl class="facts">{{#facts}}<div><dt>{{name}}</dt><dd>{{value}}</dd></div>{{/facts}}</dl>
    {{#kinds}}<h3>{{#link}}<a href="{{link}}">{{name}}</a>{{/link}}{{^link}}{{name}}{{/link}}: {{count}}{{#isOff}} <span class="badge failed">off</span>{{/isOff}}</h3>
    {{#bars}}<p class="bar"><span>{{name}} {{part}} of {{total}} ({{percentage}})</span><progress max="{{whole}}" value="{{part}}" aria-label="{{name}}">{{percentage}}</progress></p>
    {{/bars}}
    <p class="counts">{{#counts}}{{#link}}<a href="{{link}}">{{text}}</a>{{/link}}{{^link}}<span>{{text}}</span>{{/link}} {{/counts}}</p>
    {{/kinds}}
    {{#oldest}}<p>Waiting longest: {{#link}}<a href="{{link}}">{{id}}</a>{{/link}}{{^link}}{{id}}{{/link}} for {{for}}, because {{reason}}</p>{{/oldest}}
    {{#hasJobs}}<h3>Running</h3><ul>{{#jobs}}<li>{{purpose}} of {{#link}}<a href="{{link}}">{{id}}</a>{{/link}}{{^link}}{{id}}{{/link}} for {{seconds}} {{progress}}</li>{{/jobs}}</ul>{{/hasJobs}}
    {{#hasFailures}}<h3>Last failures</h3><ul>{{#failures}}<li>{{#at}}{{>moment}}{{/at}} {{#link}}<a href="{{link}}">{{id}}</a>{{/link}}{{^link}}{{id}}{{/link}}: <span class="text">{{message}}</span></li>{{/failures}}</ul>{{/hasFailures}}
    </section>
    {{/sites}}
    <section class="charts" aria-label="Over time">
    {{#charts}}<figure>
    <figcaption>{{title}}{{#legend}} <span class="key{{index}}">{{name}}</span>{{/legend}}</figcaption>
    {{#isEmpty}}<p>Nothing yet.</p>{{/isEmpty}}
    {{^isEmpty}}<svg viewBox="0 0 {{width}} {{height}}" role="img" aria-label="{{title}}. {{summary}}"><line class="grid" x1="{{left}}" x2="{{width}}" y1="4" y2="4"/><line class="grid" x1="{{left}}" x2="{{width}}" y1="{{middle}}" y2="{{middle}}"/><line class="axis" x1="{{left}}" x2="{{width}}" y1="{{base}}" y2="{{base}}"/><text x="0" y="12">{{top}}</text><text x="0" y="{{middle}}">{{half}}</text><text x="0" y="{{base}}">0</text>{{{svg}}}</svg>{{/isEmpty}}
    <p class="quiet-text">{{summary}}</p>
    </figure>{{/charts}}
    </section>
    </div>
    """#
}

/// The text of one replicable's screen (mustache).
enum EntryTemplates {
  static let entry = #"""
    <p><a href="{{list}}">{{kind}}</a></p>
    <h1>{{id}}</h1>
    {{#isAdmin}}<form method="post" action="{{action}}" class="bulk"><input type="hidden" name="csrf" value="{{csrf}}"><input type="hidden" name="id" value="{{raw}}"><input type="hidden" name="return_to" value="{{rawReturnTo}}">
    {{#buttons}}<button name="action" value="{{action}}">{{text}}</button> {{/buttons}}</form>{{/isAdmin}}
    <div id="live" data-live>
    <section class="panel"><h2>{{summary}}</h2>
    <p>{{#state}}Sync <span class="badge {{state}}" id="state">{{state}}</span> {{/state}}{{#verificationState}}Verification <span class="badge {{verificationState}}" id="verification-state">{{verificationState}}</span>{{/verificationState}}</p>
    <ul>{{#facts}}<li>{{text}}</li>{{/facts}}</ul>
    <p>{{next}}</p></section>
    <dl class="facts">{{#columns}}<div><dt>{{name}}</dt><dd>{{value}}{{#exact}} <small>{{exact}}</small>{{/exact}}</dd></div>{{/columns}}</dl>
    {{#hasDifferences}}<h2>What differs</h2>
    <table class="stacked"><caption class="quiet">Refs that differ</caption>
    <thead><tr><th scope="col">Ref</th><th scope="col">Primary</th><th scope="col">Copy</th></tr></thead>
    <tbody>{{#differences}}<tr><th scope="row" data-label="Ref">{{name}}</th><td data-label="Primary"><code>{{expected}}</code></td><td data-label="Copy"><code>{{found}}</code></td></tr>{{/differences}}</tbody></table>{{/hasDifferences}}
    <h2>Last transitions</h2>
    {{^hasTransitions}}<p>None is known.</p>{{/hasTransitions}}
    {{#hasTransitions}}<table class="stacked"><caption class="quiet">Transitions, the newest first</caption>
    <thead><tr><th scope="col">When</th><th scope="col">Sync</th><th scope="col">Verification</th><th scope="col">Failure</th></tr></thead>
    <tbody>{{#transitions}}<tr><td data-label="When">{{#at}}{{>moment}}{{/at}}</td><td data-label="Sync">{{sync}}</td><td data-label="Verification">{{verification}}</td><td data-label="Failure" class="text">{{message}}</td></tr>{{/transitions}}</tbody></table>{{/hasTransitions}}
    {{#hasHistory}}<h2>Ref history</h2>
    {{#hasMore}}<p>The newest changes; 'remora history' shows all.</p>{{/hasMore}}
    <table class="stacked"><caption class="quiet">Changes of refs, the newest first</caption>
    <thead><tr><th scope="col">When</th><th scope="col">Ref</th><th scope="col">Before</th><th scope="col">After</th><th scope="col">To bring it back</th></tr></thead>
    <tbody>{{#history}}<tr><td data-label="When">{{#at}}{{>moment}}{{/at}} {{what}}</td><td data-label="Ref">{{ref}}</td><td data-label="Before"><code>{{old}}</code></td><td data-label="After"><code>{{new}}</code></td><td data-label="To bring it back">{{#restore}}<code>{{restore}}</code>{{/restore}}</td></tr>{{/history}}</tbody></table>{{/hasHistory}}
    </div>
    """#
}
