/// Distinguishes a wrong copy from a changing primary (product contract § 6): the primary is listed, the copy is synced
/// and read, the primary is listed again, and the three listings are compared.
///
/// Line by line, with "no such line" as a value like any other: a line of the copy that equals either listing of the
/// primary is right. A line that both listings hold alike and the copy holds otherwise is a mismatch. Any other line
/// moved. A copy that equals one of the two listings has only right lines. A line that changes twice within a bracket is
/// moved, so a replicable whose lines all do, all the time, is not proven before that ends.
///
/// One walk over three sorted listings: time proportional to their lines, memory only for the lines that differ.
package enum StableComparison {
  /// The maximum of differing lines that are reported; further ones are dropped.
  package static let mostDifferences = 1_000

  /// Judges one bracket.
  ///
  /// Names whose value any of the three lacks are left out.
  package static func judge(
    before: ContentListing, copy: ContentListing, after: ContentListing
  ) -> ComparisonJudgement {
    let unknown = before.unknownNames.union(copy.unknownNames).union(after.unknownNames)
    var left = UnknownNames(unknown)
    var (first, second, third) = (LineWalk(before), LineWalk(copy), LineWalk(after))
    var hasMoved = false
    var differences: [Difference] = []
    while let name = smallest(first.name, smallest(second.name, third.name)) {
      let expected = first.value(of: name)
      let found = second.value(of: name)
      let later = third.value(of: name)
      if left.contains(name) || same(found, expected) || same(found, later) { continue }
      guard same(expected, later) else {
        hasMoved = true
        continue
      }
      if differences.count < mostDifferences {
        differences.append(Difference(name: text(name), expected: expected.map(text), found: found.map(text)))
      }
    }
    if !differences.isEmpty { return .mismatched(differences) }
    return hasMoved ? .moved : .succeeded
  }

  /// Judges a second bracket after one that found a mismatch: a mismatch counts when the copy holds the same wrong
  /// value again.
  ///
  /// A ref that is changed and changed back may look wrong once, when the copy was synced between two equal listings.
  package static func judge(_ second: ComparisonJudgement, after first: ComparisonJudgement) -> ComparisonJudgement {
    guard case .mismatched(let again) = second, case .mismatched(let before) = first else { return second }
    var rest = before[...]
    let repeated = again.filter { difference in
      // Both lists are in order of names.
      while let candidate = rest.first, candidate.name.utf8.lexicographicallyPrecedes(difference.name.utf8) {
        rest.removeFirst()
      }
      return rest.first.map { $0.name == difference.name && $0.found == difference.found } ?? false
    }
    return repeated.isEmpty ? .moved : .mismatched(repeated)
  }

  private static func smallest(_ left: ArraySlice<UInt8>?, _ right: ArraySlice<UInt8>?) -> ArraySlice<UInt8>? {
    guard let left, let right else { return left ?? right }
    return right.lexicographicallyPrecedes(left) ? right : left
  }

  private static func same(_ left: ArraySlice<UInt8>?, _ right: ArraySlice<UInt8>?) -> Bool {
    guard let left, let right else { return left == nil && right == nil }
    return left.elementsEqual(right)
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// The result of a bracket.
package enum ComparisonJudgement: Hashable, Sendable {
  /// Every line of the copy is the primary's.
  case succeeded
  /// No line is wrong, but some changed during the bracket and could not be judged.
  case moved
  /// These lines are wrong, in order of their names, at most the first thousand.
  case mismatched([Difference])
}

/// A forward-only position in a listing.
private struct LineWalk {
  private let listing: ContentListing
  private var index = 0

  init(_ listing: ContentListing) { self.listing = listing }

  var name: ArraySlice<UInt8>? { index < listing.count ? listing.name(index) : nil }

  /// Returns the value of the line of that name and advances past it; `nil` when the listing has no such line. Names
  /// must be ascending.
  mutating func value(of name: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let here = self.name, here.elementsEqual(name) else { return nil }
    defer { index += 1 }
    return listing.value(index)
  }
}

/// The names that are left out, queried in order.
private struct UnknownNames {
  private var rest: ArraySlice<[UInt8]>

  init(_ names: Set<String>) {
    rest = names.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }[...]
  }

  mutating func contains(_ name: ArraySlice<UInt8>) -> Bool {
    while let next = rest.first, next.lexicographicallyPrecedes(name) { rest.removeFirst() }
    return rest.first.map { $0.elementsEqual(name) } ?? false
  }
}
