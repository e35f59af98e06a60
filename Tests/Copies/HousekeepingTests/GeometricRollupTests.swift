import TestSupport
import Testing

@testable import Housekeeping

@Suite struct GeometricRollupTests {
  @Test(
    "small packs are put together, large ones that are large enough stay",
    arguments: [
      ([], []), ([5], []), ([1, 1], [1, 1]), ([1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]),
      ([100, 1, 1, 10, 1], [1, 1, 1]), ([1, 1, 1, 5, 100], [1, 1, 1, 5]), ([1, 2, 4, 8], []),
      ([1, 2, 4, 9, 17], [1, 2, 4, 9, 17]), ([1_000, 3, 3, 400], [3, 3]), ([0, 0, 50], []),
    ] as [([Int], [Int])])
  func table(weights: [Int], together: [Int]) {
    #expect(GeometricRollup.choose(weights).map { weights[$0] } == together)
  }

  @Test(
    "whatever came before, afterwards each pack is twice as large as the one before, and no two chosen are the same")
  func grows() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<2_000 {
      let weights = (0..<Int.random(in: 0...60, using: &random)).map { _ in Int.random(in: 1...5_000, using: &random) }
      let chosen = GeometricRollup.choose(weights)
      #expect(Set(chosen).count == chosen.count)
      #expect(chosen.count != 1)
      let rest = weights.indices.filter { !chosen.contains($0) }.map { weights[$0] }
      let left = (rest + (chosen.isEmpty ? [] : [chosen.reduce(0) { $0 + weights[$1] }])).sorted()
      for (smaller, larger) in zip(left, left.dropFirst()) {
        #expect(larger >= GeometricRollup.factor * smaller, "\(weights) -> \(left)")
      }
    }
  }
}
