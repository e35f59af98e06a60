import TestSupport

/// Changes inputs the way that disks, editors and attackers do, the same in every run.
struct Mutator {
  private let seeds: Seeds
  private var random: SeededGenerator

  init(_ seeds: Seeds, seed: UInt64) {
    self.seeds = seeds
    random = SeededGenerator(seed: seed)
  }

  /// Returns one of the seeds with one to four changes.
  mutating func next() -> [UInt8] {
    var bytes = seeds.inputs[Int.random(in: seeds.inputs.indices, using: &random)].bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) { change(&bytes) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let range = place..<min(bytes.count, place + Int.random(in: 1...24, using: &random))
    switch Int.random(in: 0..<7, using: &random) {
    case 0: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
    case 1: if place < bytes.count { bytes[place] = UInt8.random(in: .min ... .max, using: &random) }
    case 2: bytes.removeSubrange(range)
    case 3: bytes.insert(contentsOf: bytes[range], at: place)
    case 4: bytes.insert(contentsOf: seeds.words[Int.random(in: seeds.words.indices, using: &random)], at: place)
    case 5: replaceNumber(&bytes, from: place)
    default: splice(&bytes, at: place)
    }
  }

  /// Puts a word in place of the digits that come next.
  private mutating func replaceNumber(_ bytes: inout [UInt8], from place: Int) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let start = bytes[place...].firstIndex(where: digits.contains) else { return }
    let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: seeds.words[Int.random(in: seeds.words.indices, using: &random)])
  }

  /// Replaces the rest by the end of another seed.
  private mutating func splice(_ bytes: inout [UInt8], at place: Int) {
    let other = seeds.inputs[Int.random(in: seeds.inputs.indices, using: &random)].bytes
    bytes.replaceSubrange(place..., with: other[Int.random(in: 0...other.count, using: &random)...])
  }
}
