/// A value of a report whose key is there also when the value is not: as null, where the compiler's own encoding leaves the
/// key out.
@propertyWrapper
struct NullWhenMissing<Value: Encodable>: Encodable {
  var wrappedValue: Value?

  init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue)
  }
}
