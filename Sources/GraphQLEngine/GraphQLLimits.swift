/// How much one request may ask for. Whatever is beyond is refused with an error, before or while it is answered.
package struct GraphQLLimits: Hashable, Sendable {
  /// Bytes of the document.
  package var documentBytes = 64 << 10
  /// Tokens of the document.
  package var tokens = 8_000
  /// How deeply selections and values of the document may be nested as they are written.
  package var nesting = 64
  /// How deeply fields may be nested once fragments are put in their places; of introspection twice as deeply.
  package var depth = 15
  /// Fields once fragments are put in their places.
  package var fields = 2_000
  /// Fields of the answer as the document announces them, by the sizes of its pages.
  package var cost = 200_000
  /// Fields of the answer as they come, of introspection too.
  package var answerFields = 250_000
  /// Comparisons of fields that have one name in the answer.
  package var comparisons = 20_000
  /// Errors that are told; those beyond are left out.
  package var errors = 20

  /// The defaults.
  package init() {}
}
