/// Suggests corrections of misspelled words.
enum Spelling {
  /// Returns the word with the smallest edit distance, if it is small.
  static func nearest(to word: String, among words: [String]) -> String? {
    guard word.utf8.count <= 100 else { return nil }
    let ranked = words.sorted().map { (word: $0, distance: distance(word, $0)) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= max(1, (word.utf8.count + 1) / 3)
    else {
      return nil
    }
    return best.word
  }

  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right.utf8)
    var row = Array(0...right.count)
    for (index, byte) in left.utf8.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for place in right.indices {
        let above = row[place + 1]
        row[place + 1] = min(row[place] + 1, above + 1, diagonal + (byte == right[place] ? 0 : 1))
        diagonal = above
      }
    }
    return row[right.count]
  }
}
