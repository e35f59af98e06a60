package import AgentAPI
internal import Mustache

/// The admin page: values in, HTML out. Has no I/O and no clock: the time is a parameter.
///
/// All text of others goes through the templates' escaping; nothing is written that a strict content security policy would not
/// let through.
package struct AdminPage: Sendable {
  private let library: MustacheLibrary

  /// Reads the templates, which are part of the program.
  ///
  /// - Throws: what the template engine throws for a template that is none.
  package init() throws {
    library = MustacheLibrary(
      templates: try Templates.all.mapValues { try MustacheTemplate(string: $0) })
  }

  /// The policy that every screen is made for.
  package static let contentSecurityPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
    + "frame-ancestors 'none'; base-uri 'none'"

  private func screen(_ name: String, _ title: String, _ values: [String: Any], _ frame: PageFrame) -> String {
    let own: [String: Any] = ["csrf": frame.csrf ?? "", "isAdmin": frame.isAdmin]
    let body = library.render(Plain.values(values.merging(own) { $1 }), withTemplate: name) ?? ""
    var values = frame.values
    values["title"] = title
    var layout = Plain.values(values)
    layout["body"] = body
    return library.render(layout, withTemplate: "layout") ?? ""
  }

  /// The sign-in form.
  package func signIn(_ frame: PageFrame, returnTo: String) -> String {
    screen("signIn", "Sign in", ["rawReturnTo": returnTo], frame)
  }

  /// How the sites stand, and how this one did over the last day.
  package func sites(_ frame: PageFrame, _ page: SitesPage, _ trends: TrendPage) -> String {
    screen("sites", "Sites", SitesView.values(page, trends, frame), frame)
  }

  /// A page of a kind's entries.
  package func list(_ frame: PageFrame, _ list: ListView) -> String {
    screen("list", list.kind.plural, list.values(frame), frame)
  }

  /// One replicable.
  package func entry(_ frame: PageFrame, _ entry: EntryView) -> String {
    screen("entry", entry.explanation.id, entry.values(frame), frame)
  }

  /// Asks once more before many are changed.
  package func confirmation(_ frame: PageFrame, _ confirmation: ConfirmationView) -> String {
    screen("confirmation", confirmation.title, confirmation.values, frame)
  }

  /// Events, the newest first; `nil` where this site has none.
  package func events(_ frame: PageFrame, _ events: [EventRow]?, older: UInt64?) -> String {
    let rows = (events ?? []).map { event -> [String: Any] in
      [
        "id": "\(event.id)", "at": frame.moment(event.createdAt), "kind": event.replicableName,
        "name": event.eventName, "record": event.payload.modelRecordId,
        "link": Links.entry(event.replicableName, event.payload.modelRecordId),
        "changes": event.payload.changes.map { "\($0.count)" } ?? "–", "reason": event.payload.reason ?? "",
        "correlation": event.payload.correlationId,
      ]
    }
    return screen(
      "events", "Events",
      [
        "isElsewhere": events == nil, "rows": rows, "isEmpty": rows.isEmpty && events != nil,
        "older": older.map { AgentRoute.path(AgentPath.eventsPage.rawValue, [("before", "\($0)")]) } ?? "",
      ], frame)
  }

  /// What lies in the trash of a kind, and what waits to go there.
  package func trash(_ frame: PageFrame, of kind: PageFrame.KindName, _ page: TrashPage, waiting: [String]) -> String {
    let rows = page.tickets.map { ticket -> [String: Any] in
      [
        "raw": ticket.name, "id": ticket.id, "at": frame.moment(ticket.discardedAt),
        "reason": ticket.reason,
      ]
    }
    return screen(
      "trash", "Trash of \(kind.plural)",
      [
        "rows": rows, "hasRows": !rows.isEmpty, "action": Links.kind(kind.name, .trashPage),
        "list": Links.kind(kind.name),
        "confirmEmpty": AgentRoute.path(Links.kind(kind.name, .confirmPage), [("action", "empty")]),
        "waiting": waiting.map { ["id": $0, "link": Links.entry(kind.name, $0)] },
        "isWaiting": !waiting.isEmpty,
        "confirmRemovals": AgentRoute.path(Links.kind(kind.name, .confirmPage), [("action", "removals")]),
      ], frame)
  }

  /// The feature flags.
  package func features(_ frame: PageFrame, _ page: FeaturePage) -> String {
    let rows = page.features.map { feature -> [String: Any] in
      ["name": feature.name, "isEnabled": feature.isEnabled, "wanted": feature.isEnabled ? "false" : "true"]
    }
    return screen("features", "Features", ["rows": rows], frame)
  }

  /// What went wrong.
  package func fault(_ frame: PageFrame, _ fault: AgentFault) -> String {
    screen(
      "fault", "Error \(fault.status)",
      ["status": "\(fault.status)", "message": fault.message, "hint": fault.hint ?? ""], frame)
  }
}

/// The paths of the screens.
enum Links {
  static func kind(_ name: String, _ path: AgentPath = .kindPage) -> String { path.of(name) }

  static func entry(_ kind: String, _ id: String) -> String {
    AgentRoute.path(AgentPath.entryPage.of(kind), [("id", id)])
  }
}
