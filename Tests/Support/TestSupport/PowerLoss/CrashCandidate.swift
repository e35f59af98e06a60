/// One choice of what a loss of power takes.
struct CrashCandidate {
  /// What happened to the volatile operations, for the reader.
  private enum Loss {
    case nothing
    case everything
    case one(Int, others: Int)
    case torn(Int, DiskTear)
    case allButNewest(Int)
    case contentOfOne(Int)
    case contents
    case names
  }

  /// The operations that are there, in their order.
  let kept: [Int]
  let tear: (operation: Int, tear: DiskTear)?
  private let loss: Loss

  private init(_ kept: [Int], _ loss: Loss, tear: (operation: Int, tear: DiskTear)? = nil) {
    self.kept = kept
    self.loss = loss
    self.tear = tear
  }

  /// Returns the choices that `CrashStates` lists.
  static func all(of pending: VolatileOperations) -> [CrashCandidate] {
    let numbers = pending.numbers
    var all = [CrashCandidate(numbers, .nothing)]
    guard let newest = numbers.last else { return all }
    all.append(CrashCandidate([], .everything))
    for number in numbers {
      let lost = pending.dependents(of: number)
      all.append(
        CrashCandidate(numbers.filter { !lost.contains($0) }, .one(number, others: lost.count - 1)))
    }
    for number in numbers where pending.isWrite(number) {
      for tear in DiskTear.allCases {
        all.append(CrashCandidate(numbers, .torn(number, tear), tear: (number, tear)))
      }
    }
    let needed = pending.requirements(of: newest)
    all.append(CrashCandidate(numbers.filter { needed.contains($0) }, .allButNewest(newest)))
    all += contentLosses(pending, numbers)
    return all
  }

  private static func contentLosses(_ pending: VolatileOperations, _ numbers: [Int]) -> [CrashCandidate] {
    var all: [CrashCandidate] = []
    var files: Set<DiskInode> = []
    for number in numbers {
      guard let inode = pending.content(number), files.insert(inode).inserted else { continue }
      all.append(CrashCandidate(numbers.filter { pending.content($0) != inode }, .contentOfOne(number)))
    }
    guard !files.isEmpty else { return [] }
    all.append(CrashCandidate(numbers.filter { pending.content($0) == nil }, .contents))
    all.append(CrashCandidate(numbers.filter { pending.content($0) != nil }, .names))
    return all
  }

  func description(in walk: CrashWalk) -> String {
    switch loss {
    case .nothing: "everything came to the disk"
    case .everything: "all that was not synchronised is lost"
    case .one(let number, let others):
      "lost: \(walk.label(of: number))" + (others > 0 ? " and \(others) that need it" : "")
    case .torn(let number, let tear): "torn (\(tear)): \(walk.label(of: number))"
    case .allButNewest(let number): "of what was not synchronised only this is there: \(walk.label(of: number))"
    case .contentOfOne(let number): "the content of one file is lost: \(walk.label(of: number)) and the like"
    case .contents: "all contents that were not synchronised are lost, the names are there"
    case .names: "all names that were not synchronised are lost, the contents are there"
    }
  }
}
