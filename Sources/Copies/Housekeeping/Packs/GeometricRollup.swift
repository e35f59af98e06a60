/// Which packs go into a new one, so that the rest grow geometrically: each at least twice as large as all smaller ones.
///
/// The rule of `git repack --geometric=2` (git-repack(1)). An object is packed anew a logarithmic number of times in the life of a
/// copy, and the packs that stay are as few: 20 for a million.
enum GeometricRollup {
  static let factor = 2

  /// The places, in `weights`, of those that go into one; none, or at least two.
  ///
  ///     1 1 1 1 1 1       all six
  ///     1 1 1 10 100      the first three
  ///     1 1 1 5 100       the first four: three together are more than half of the next
  ///     1 2 4 8           none
  static func choose(_ weights: [Int]) -> [Int] {
    let order = weights.indices.sorted { (weights[$0], $0) < (weights[$1], $1) }
    var split = 0
    for place in stride(from: order.count - 1, to: 0, by: -1)
    where weights[order[place]] < factor * weights[order[place - 1]] {
      split = place + 1
      break
    }
    guard split > 0 else { return [] }
    var together = order[..<split].reduce(0) { $0 + weights[$1] }
    while split < order.count, weights[order[split]] < factor * together {
      together += weights[order[split]]
      split += 1
    }
    return Array(order[..<split])
  }
}
