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
