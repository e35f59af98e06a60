/// How much one request may ask for. Whatever is beyond is refused with an error, before or while it is answered.
package struct GraphQLLimits: Hashable, Sendable {
  /// Bytes of the document.
  package var documentBytes = 64 << 10
  /// Tokens of the document.
  package var tokens = 8_000
  /// How deeply selections and values of the document may be nested as they are written; JSON is read as deeply.
  package var nesting = 64
  /// How deeply fields may be nested once fragments are put in their places.
  package var depth = 15
  /// The same of an operation whose first fields ask about the schema: what ordinary clients ask first is 15 deep.
  package var introspectionDepth = 30
  /// Fields once fragments are put in their places.
  package var fields = 2_000
  /// Fields of the answer as the document announces them, by the sizes of its pages.
  package var cost = 200_000
  /// Fields of the answer as they come, of introspection too.
  package var answerFields = 250_000
  /// Steps in comparing fields that have one name in the answer.
  package var mergingSteps = 200_000
  /// Errors that are reported; those beyond are left out.
  package var errors = 20

  /// The defaults.
  package init() {}
}
