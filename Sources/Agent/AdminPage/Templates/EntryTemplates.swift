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
    {{#hasMore}}<p>The newest changes; 'remora history' tells all.</p>{{/hasMore}}
    <table class="stacked"><caption class="quiet">Changes of refs, the newest first</caption>
    <thead><tr><th scope="col">When</th><th scope="col">Ref</th><th scope="col">Before</th><th scope="col">After</th><th scope="col">To bring it back</th></tr></thead>
    <tbody>{{#history}}<tr><td data-label="When">{{#at}}{{>moment}}{{/at}} {{what}}</td><td data-label="Ref">{{ref}}</td><td data-label="Before"><code>{{old}}</code></td><td data-label="After"><code>{{new}}</code></td><td data-label="To bring it back">{{#restore}}<code>{{restore}}</code>{{/restore}}</td></tr>{{/history}}</tbody></table>{{/hasHistory}}
    </div>
    """#
}
