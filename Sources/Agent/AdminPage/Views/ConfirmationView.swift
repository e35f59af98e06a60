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
