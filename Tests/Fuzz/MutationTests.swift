import TestSupport
import Testing

/// The checks that `LibFuzzer/run` makes for as long as one likes, here with a bounded number of inputs, the same in every run.
@Suite("Fuzzed readers")
struct MutationTests {
  @Test("every seed is read as it is meant, and what is accepted comes back", arguments: FuzzedReader.allCases)
  func seeds(reader: FuzzedReader) throws {
    for seed in try Seeds(reader).inputs {
      #expect(throws: Never.self, "\(seed.name)") { try reader.check(seed.bytes) }
    }
  }

  @Test("changed inputs are refused, or come back as they were read", arguments: FuzzedReader.allCases)
  func changed(reader: FuzzedReader) throws {
    var mutator = Mutator(try Seeds(reader), seed: 20_261_123)
    for number in 0..<reader.mutations {
      let bytes = mutator.next()
      do {
        try reader.check(bytes)
      } catch {
        Issue.record("input \(number): \(error): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
        return
      }
    }
  }
}

extension FuzzedReader {
  /// What takes about three seconds not optimised: a table and a log are read four times, a line twice.
  fileprivate var mutations: Int {
    switch self {
    case .registry, .states, .log: 150
    case .line, .spool, .kind, .advertisement, .listing, .answer, .packed, .url, .netrc, .hosts, .graphql,
      .request:
      1_500
    }
  }
}
