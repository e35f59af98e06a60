/// What a glob means, in the words of its documentation and as slowly as that is: the referee of `Glob`.
struct GlobMeaning {
  private let parts: [[Unicode.Scalar]]

  init(_ text: String) { parts = Self.split(text) }

  func matches(_ path: String) -> Bool {
    let names = Self.split(path)
    if parts == [["*", "*"]] { return true }
    // reached[n]: the parts so far stand for the first n names.
    var reached = [Bool](repeating: false, count: names.count + 1)
    reached[0] = true
    for (index, part) in parts.enumerated() {
      var next = [Bool](repeating: false, count: names.count + 1)
      for count in reached.indices where reached[count] {
        if part == ["*", "*"] {
          // The last one is what lies below, so it stands for one name at least.
          let least = index == parts.count - 1 ? count + 1 : count
          for end in reached.indices where end >= least { next[end] = true }
        } else if count < names.count, Self.matches(part, names[count]) {
          next[count + 1] = true
        }
      }
      reached = next
    }
    return reached[names.count]
  }

  private static func matches(_ pattern: [Unicode.Scalar], _ name: [Unicode.Scalar]) -> Bool {
    var reached = [Bool](repeating: false, count: name.count + 1)
    reached[0] = true
    for mark in pattern {
      var next = [Bool](repeating: false, count: name.count + 1)
      for count in reached.indices where reached[count] {
        if mark == "*" {
          for end in count...name.count { next[end] = true }
        } else if count < name.count, mark == "?" || mark == name[count] {
          next[count + 1] = true
        }
      }
      reached = next
    }
    return reached[name.count]
  }

  private static func split(_ text: String) -> [[Unicode.Scalar]] {
    text.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false).map(Array.init)
  }
}
