internal import Replication

extension FlatTable {
  /// Returns the first rows under a question whose sort key is below a bound.
  func first(_ limit: Int, _ question: IndexKey.Question, before bound: Int64 = .max) -> [Row] {
    var found: [Row] = []
    guard limit > 0 else { return found }
    answer(question) { order, row in
      guard order < bound || bound == .max else { return false }
      found.append(row)
      return found.count < limit
    }
    return found
  }
}

extension FlatTable where Row.Value: Sendable {
  /// Returns the due rows under a question of times, the longest due first.
  ///
  /// - Parameter isDue: called only for rows at both ends: rows that are due by their time, and rows that a clock that
  ///   was set back has left further in the future than any wait.
  func firstDue(
    _ limit: Int, _ question: IndexKey.Question, at now: Timestamp, _ isDue: (Row.Value) -> Bool
  ) -> [Row] {
    var found: [Row] = []
    guard limit > 0 else { return found }
    answer(question) { order, row in
      guard order <= now.milliseconds else { return false }
      if isDue(row.value) { found.append(row) }
      return found.count < limit
    }
    guard found.count < limit else { return found }
    answerBackwards(question) { order, row in
      guard order > now.milliseconds, isDue(row.value) else { return false }
      found.append(row)
      return found.count < limit
    }
    return found
  }
}
