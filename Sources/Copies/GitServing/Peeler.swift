internal import Git
internal import GitValues

/// Follows annotated tags to what they lead to. Used by one thread.
struct Peeler {
  private let objects: ObjectDatabase

  init(_ objects: ObjectDatabase) { self.objects = objects }

  /// No chain of tags in practice is longer; a hostile one costs no more.
  private static let maximumDepth = 100

  /// What a tag object leads to in the end; `nil` for everything else, and for what cannot be read, as git has it.
  func peeled(_ oid: ObjectID) -> ObjectID? {
    var current = oid
    for depth in 0..<Self.maximumDepth {
      // Damage and absence alike mean that there is nothing to show; the fetch will complain.
      guard let header = try? objects.header(of: current) else { return nil }
      guard header.type == .tag else { return depth == 0 ? nil : current }
      // As above.
      let target = try? objects.read(current) { _, bytes in try TagParser(bytes).target }
      guard let target else { return nil }
      current = target
    }
    return nil
  }
}
