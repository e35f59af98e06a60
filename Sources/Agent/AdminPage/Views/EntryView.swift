package import AgentAPI
internal import Foundation
internal import TextBytes

/// One replicable with all of its details.
package struct EntryView: Sendable {
  /// The kind.
  package var kind: PageFrame.KindName
  /// Why it is as it is, with its entry or state.
  package var explanation: ExplanationRow
  /// What happened to it, the newest first.
  package var transitions: [TransitionRow]
  /// What happened to its refs; `nil` of what has none here.
  package var history: HistoryPage?

  /// A replicable.
  package init(
    kind: PageFrame.KindName, explanation: ExplanationRow, transitions: [TransitionRow], history: HistoryPage?
  ) {
    self.kind = kind
    self.explanation = explanation
    self.transitions = transitions
    self.history = history
  }

  func values(_ frame: PageFrame) -> [String: Any] {
    let id = explanation.id
    let isSecondary = frame.role == .secondary
    let actions = isSecondary ? RegistryOrder.words : [RegistryOrder.reverify.rawValue]
    return [
      "id": id, "raw": id, "kind": kind.plural, "list": Links.kind(kind.name),
      "action": Links.kind(kind.name, .actionsForm), "rawReturnTo": Links.entry(kind.name, id),
      "buttons": actions.map { ["action": $0, "text": $0.prefix(1).uppercased() + $0.dropFirst()] },
      "summary": explanation.summary, "facts": explanation.facts.map { ["text": $0] },
      "next": explanation.next, "columns": columns(frame),
      "state": explanation.entry?.state.text ?? "",
      "verificationState": (explanation.entry?.verificationState ?? explanation.state?.verificationState)?.text ?? "",
      "differences": explanation.differences.map {
        ["name": $0.name, "expected": $0.expected ?? "nothing", "found": $0.found ?? "nothing"]
      },
      "hasDifferences": !explanation.differences.isEmpty,
      "history": (history?.changes ?? []).map { change($0, frame) }, "hasHistory": history != nil,
      "hasMore": history?.hasMore == true, "transitions": transitions.map { transition($0, frame) },
      "hasTransitions": !transitions.isEmpty,
    ]
  }

  private func columns(_ frame: PageFrame) -> [[String: Any]] {
    var columns: [[String: Any]] = []
    func add(_ name: String, _ value: String?) {
      if let value, !value.isEmpty { columns.append(["name": name, "value": value, "exact": ""]) }
    }
    func add(_ name: String, at moment: String?) {
      guard let moment else { return }
      var column = frame.moment(moment)
      column["name"] = name
      column["value"] = column["text"]
      columns.append(column)
    }
    for field in RegistryField.columns {
      guard let entry = explanation.entry, let column = field.column else { continue }
      switch field.value(entry) {
      case .number(let number): add(column.label, "\(number)")
      case .id(let text): add(column.label, text)
      case .text(let text): add(column.label, text)
      case .time(let moment): add(column.label, at: moment)
      case .count(let count): add(column.label, count > 0 ? "\(count)" : nil)
      case .flag(let flag): add(column.label, flag ? "yes" : nil)
      case .sync(let word): add(column.label, word.text)
      case .verification(let word): add(column.label, word.text)
      case .reason(let word): add(column.label, word.map { "\($0) on the primary" })
      }
    }
    if let state = explanation.state {
      add("Last event", state.generation)
      add("Not offered", state.notOffered.map { state.notOfferedReason ?? $0.text })
      add("Last reading", at: state.verifiedAt)
      add("Checksum", state.verificationChecksum)
      add("Failure", state.verificationFailure)
      add("Again", at: state.verificationRetryAt)
      add("Incarnation", state.incarnation)
    }
    return columns
  }

  private func change(_ row: HistoryRow, _ frame: PageFrame) -> [String: Any] {
    let what = row.old == nil ? "created" : row.new == nil ? "deleted" : "changed"
    var values: [String: Any] = [
      "at": frame.moment(row.at), "ref": row.ref, "what": what, "old": row.old ?? "–",
      "new": row.new ?? "–",
    ]
    if row.old != nil, row.ref != "HEAD", let path = history?.path, let before = Self.before(row.at) {
      values["restore"] =
        "remora restore \(Self.quoted(path)) --ref \(Self.quoted(row.ref)) --at \(before) --into NEW.bundle"
    }
    return values
  }

  /// The last moment before a change, for a command.
  private static func before(_ moment: String) -> String? {
    RFC3339.milliseconds(anyForm: moment).map { RFC3339.text($0 - 1) }
  }

  /// For a shell; what does not show is shown, and does not survive being copied.
  private static func quoted(_ text: String) -> String { "'\(Plain.text(text).replacing("'", with: "'\\''"))'" }

  private func transition(_ row: TransitionRow, _ frame: PageFrame) -> [String: Any] {
    func step<State>(_ old: Word<State>?, _ new: Word<State>?) -> String {
      old == new ? new?.text ?? "" : "\(old?.text ?? "not tracked") → \(new?.text ?? "not tracked")"
    }
    return [
      "at": frame.moment(row.at), "sync": step(row.oldState, row.state),
      "verification": step(row.oldVerificationState, row.verificationState), "message": row.message ?? "",
    ]
  }
}
