package import AgentAPI

/// A page of a kind's entries, and what it was asked with.
package struct ListView: Sendable {
  /// The kind.
  package var kind: PageFrame.KindName
  /// The entries.
  package var page: RegistryPage
  /// `id_asc`, `last_synced_at_desc` …
  package var sort: String
  /// All words that `sort` may be.
  package var sorts: [String]
  /// Only those whose sync stands here.
  package var state: String?
  /// Only those whose verification stands here.
  package var verificationState: String?
  /// Only those whose ids begin so.
  package var prefix: String?

  /// A page of a list; the filters are set by name.
  package init(kind: PageFrame.KindName, page: RegistryPage, sort: String, sorts: [String]) {
    self.kind = kind
    self.page = page
    self.sort = sort
    self.sorts = sorts
  }

  private var path: String { Links.kind(kind.name) }

  private func link(_ name: String, _ cursor: String?) -> String {
    guard let cursor else { return "" }
    return AgentRoute.path(
      path,
      [
        ("state", state), ("verification_state", verificationState), ("prefix", prefix), ("sort", sort), (name, cursor),
      ])
  }

  func values(_ frame: PageFrame) -> [String: Any] {
    let isSecondary = frame.role == .secondary
    let entries = (page.entries ?? []).map { row($0, frame) }
    let states = (page.states ?? []).map { row($0, frame) }
    return [
      "kind": kind.plural, "path": path, "isSecondary": isSecondary, "rawPrefix": prefix ?? "",
      "count": page.count.map { "\($0)" } ?? "",
      "states": Self.options(SyncWord.words, state),
      "verificationStates": Self.options(VerificationWord.words, verificationState),
      "sorts": sorts.map { ["value": $0, "text": Self.words($0), "isChosen": $0 == sort] },
      "rows": entries + states, "isEmpty": entries.isEmpty && states.isEmpty,
      "next": link("after", page.next), "previous": link("before", page.previous),
      "actions": Links.kind(kind.name, .actionsForm), "trash": isSecondary ? Links.kind(kind.name, .trashPage) : "",
      "rawReturnTo": path, "bulk": bulk(isSecondary),
    ]
  }

  private func bulk(_ isSecondary: Bool) -> [[String: Any]] {
    func one(_ text: String, _ order: RegistryOrder, _ state: UnfinishedWord?) -> [String: Any] {
      [
        "text": text,
        "link": AgentRoute.path(
          Links.kind(kind.name, .confirmPage), [("action", order.rawValue), ("state", state?.rawValue)]),
      ]
    }
    let reverify = [one("Reverify all", .reverify, nil), one("Reverify all failed", .reverify, .failed)]
    guard isSecondary else { return reverify }
    return [one("Resync all", .resync, nil), one("Resync all failed", .resync, .failed)] + reverify
  }

  private static func options(_ words: [String], _ chosen: String?) -> [[String: Any]] {
    words.map { ["value": $0, "text": $0, "isChosen": $0 == chosen] }
  }

  private static func words(_ sort: String) -> String {
    let isDescending = sort.hasSuffix("_desc")
    let name = sort.replacing("_asc", with: "").replacing("_desc", with: "").replacing("_", with: " ")
    return "\(name == "id" ? "number" : name), \(isDescending ? "descending" : "ascending")"
  }

  private func row(_ row: RegistryRow, _ frame: PageFrame) -> [String: Any] {
    [
      "id": row.modelRecordId, "raw": row.modelRecordId, "link": Links.entry(kind.name, row.modelRecordId),
      "state": row.state.text, "verificationState": row.verificationState.text,
      "syncedAt": frame.moment(row.lastSuccessAt),
      "verifiedAt": frame.moment(row.verifiedAt),
      "failure": row.notOffered.map { "not replicated: \($0) on the primary" } ?? row.lastSyncFailure ?? row
        .verificationFailure ?? row.checkFailure ?? "",
    ]
  }

  private func row(_ row: PrimaryStateRow, _ frame: PageFrame) -> [String: Any] {
    [
      "id": row.modelRecordId, "raw": row.modelRecordId, "link": Links.entry(kind.name, row.modelRecordId),
      "verificationState": row.verificationState.text, "verifiedAt": frame.moment(row.verifiedAt),
      "failure": row.notOffered.map { "not offered: \(row.notOfferedReason ?? $0.text)" } ?? row.verificationFailure
        ?? "",
    ]
  }
}

/// An order that changes many entries, to be confirmed.
package struct ConfirmationView: Sendable {
  /// What the screen is called.
  package var title: String
  /// What would happen, to how many.
  package var question: String
  /// Where the order goes.
  package var action: String
  /// What goes with it.
  package var fields: [(name: String, value: String)]
  /// Where the cancel link leads.
  package var cancel: String

  /// A question.
  package init(
    title: String, question: String, action: String, fields: [(name: String, value: String)], cancel: String
  ) {
    self.title = title
    self.question = question
    self.action = action
    self.fields = fields
    self.cancel = cancel
  }

  var values: [String: Any] {
    [
      "title": title, "question": question, "action": action, "cancel": cancel,
      "fields": fields.map { ["name": $0.name, "rawValue": $0.value] },
    ]
  }
}
