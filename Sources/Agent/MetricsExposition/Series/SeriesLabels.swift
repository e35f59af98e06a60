/// The labels of a series in one order, whatever the order in which they were given.
struct SeriesLabels: Hashable, Comparable {
  let pairs: [Pair]

  struct Pair: Hashable {
    let name: String
    let value: String
  }

  init(_ dimensions: [(String, String)]) {
    let named = Dictionary(dimensions.map { (MetricText.label($0.0), $0.1) }) { _, last in last }
    pairs = named.map { Pair(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
  }

  var list: [(name: String, value: String)] { pairs.map { ($0.name, $0.value) } }

  static func < (left: SeriesLabels, right: SeriesLabels) -> Bool {
    for (one, other) in zip(left.pairs, right.pairs) where one != other {
      return (one.name, one.value) < (other.name, other.value)
    }
    return left.pairs.count < right.pairs.count
  }
}
